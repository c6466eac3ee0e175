import { type OAuthAnswer, oauthError } from './oauth-answer.ts'

/** Parameters that may be there more than once (RFC 8707 section 2, RFC 8693 section 2.1). */
const repeatable: ReadonlySet<string> = new Set(['resource', 'audience'])

/** The parameters of a form, or what is wrong with it. */
export type OAuthForm =
  | { readonly params: Readonly<Record<string, string>>; readonly refusal?: undefined }
  | { readonly params: Readonly<Record<string, string>>; readonly refusal: OAuthAnswer }

/**
 * Reads a form as an authorization server has to: no parameter twice, none without a value counts.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export function readForm(method: string, contentType: string, body: string): OAuthForm {
  if (method !== 'POST') return { params: {}, refusal: oauthError('invalid_request', `${method} is not POST`, 405) }
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    const refusal = oauthError('invalid_request', `a form is wanted, not ${contentType || 'a body without a type'}`)
    return { params: {}, refusal }
  }
  const values = new Map<string, string>()
  let refusal: OAuthAnswer | undefined
  for (const [name, value] of new URLSearchParams(body)) {
    if (value === '') continue
    const earlier = values.get(name)
    if (earlier !== undefined && !repeatable.has(name)) refusal ??= oauthError('invalid_request', `${name} is there twice`)
    values.set(name, earlier === undefined ? value : `${earlier} ${value}`)
  }
  // A plain object, for tests that compare strictly; its own members alone, whatever they are called.
  const params = Object.fromEntries(values)
  return refusal === undefined ? { params } : { params, refusal }
}
