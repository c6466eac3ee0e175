import type { HttpClientConfig } from './config.ts'
import { parseBaseUrl } from './url.ts'

/** The only origins that the client's credentials go to: the base URL's and those listed. */
export function trustedOrigins({ baseUrl, tokenAuth }: HttpClientConfig): ReadonlySet<string> {
  const listed = (tokenAuth?.allowedOrigins ?? []).map((origin) => new URL(origin).origin)
  return new Set(baseUrl === undefined ? listed : [parseBaseUrl(baseUrl).origin, ...listed])
}
