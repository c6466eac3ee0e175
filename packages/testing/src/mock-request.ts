import type { MockRequest } from './mock-exchange.ts'

/** A request whose body may still be on its way. */
export type ReceivedRequest = { -readonly [K in keyof MockRequest]: MockRequest[K] }

/** A request as it is known at once: bodies other than text have to be waited for. */
export function startRequest(url: string, { method = 'GET', headers, body }: RequestInit): ReceivedRequest {
  return {
    method: method.toUpperCase(),
    url: new URL(url).href,
    headers: Object.fromEntries(new Headers(headers)),
    body: typeof body === 'string' ? body : undefined,
    get json(): unknown {
      return parsed(this.body)
    },
  }
}

function parsed(body: string | undefined): unknown {
  try {
    return body === undefined ? undefined : JSON.parse(body)
  } catch {
    // Most bodies that are no JSON are not meant to be.
    return undefined
  }
}
