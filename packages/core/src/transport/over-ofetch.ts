import { createFetch } from 'ofetch'
import { thrownMember } from '../thrown-member.ts'
import type { Transport, TransportAnswer, TransportRequest } from './transport.ts'

// Everything that ofetch would do by itself is wrong for a client that retries, times out, parses and follows redirects on its own.
const nothingOfItsOwn = { retry: false, ignoreResponseError: true, responseType: 'stream' } as const

/** Hands the plain header object on as it is: genuine Headers cost more than all the rest of a request's own logic. */
class PlainHeaders {
  constructor(headers: object) {
    // biome-ignore lint/correctness/noConstructorReturn: ofetch calls `new Headers(…)`, and the object it was given is what we want back
    return headers
  }
}

/**
 * ofetch, the portable face of every transport, over the exchange that suits the platform.
 *
 * Boundary: the request goes through ofetch as an object. A URL string would have it merge queries and guess content types.
 */
export function overOfetch(exchange: Transport['send']): Transport['send'] {
  const { raw } = createFetch({
    // Of its fetch, ofetch needs no more than a promise of something with a `status` and a `body`.
    fetch: exchange as unknown as typeof fetch,
    Headers: PlainHeaders as unknown as typeof Headers,
    AbortController,
  })
  const send = raw as unknown as (request: TransportRequest, options: typeof nothingOfItsOwn) => Promise<TransportAnswer>
  return (request) => send(request, nothingOfItsOwn)
}

/** ofetch wraps what was thrown in an error whose message has the whole URL and whose options have the token: it must not get out. */
export function unwrapped(error: unknown): unknown {
  return thrownMember(error, 'name') === 'FetchError' ? thrownMember(error, 'cause') : error
}
