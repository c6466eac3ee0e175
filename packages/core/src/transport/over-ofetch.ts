import { createFetch } from 'ofetch'
import type { Transport } from './transport.ts'

/**
 * ofetch, the portable face of every transport, over the exchange that suits the platform: by its `native` door, behind which its own
 * retries, time-outs, parsing, redirects and errors are switched off. They would be wrong for a client that does all that itself, and even
 * switched off one by one they cost more than a send has to spare.
 */
export function overOfetch(exchange: Transport['send']): Transport['send'] {
  // ofetch hands on what it is given, so the exchange decides about the types.
  const { native } = createFetch({ fetch: exchange as unknown as typeof fetch })
  return native as unknown as Transport['send']
}
