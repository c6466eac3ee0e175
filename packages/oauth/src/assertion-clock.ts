import { isTransientAnswer, oauthErrorOf } from './endpoint-error.ts'
import type { EndpointAnswer } from './endpoint-exchange.ts'

/** A `Date` has whole seconds, and answers take their time: what differs by less is the same time, in seconds. */
const sameTimeS = 5

/**
 * The server's clock, as far as signed assertions need it. Their times are read there, so a clock that is off makes good ones invalid: here
 * the server's `Date` sets it right.
 *
 * @see RFC 7523 section 3
 */
export class AssertionClock {
  /** How far the server's clock is ahead of ours, in whole seconds. */
  #aheadS = 0

  /** Sends; where the client was refused and the clocks differ, once more with the server's time. `onSet` is told if that helped. */
  async ask(send: (aheadS: number) => Promise<EndpointAnswer>, onSet: (aheadS: number) => void): Promise<EndpointAnswer> {
    const before = this.#aheadS
    const answer = await send(before)
    const aheadS = verdictOf(answer) === 'refused' ? secondsAhead(answer.headers) : undefined
    if (aheadS === undefined || Math.abs(aheadS - before) < sameTimeS) return answer
    const second = await send(aheadS)
    if (verdictOf(second) !== 'known') return second
    this.#aheadS = aheadS
    onSet(aheadS)
    return second
  }
}

/** What an answer says of the client that asked. A 429 or 503 says nothing, whatever code its body repeats. */
function verdictOf({ status, members }: EndpointAnswer): 'known' | 'refused' | 'none' {
  const { code = status === 401 ? 'invalid_client' : undefined } = oauthErrorOf(members)
  if (isTransientAnswer(status, code)) return 'none'
  return code === 'invalid_client' ? 'refused' : 'known'
}

/** What the answer says of the server's clock; nothing if it comes from a cache (RFC 9111 section 5.1), whose `Date` is old. */
function secondsAhead(headers: Headers): number | undefined {
  const date = headers.get('date') ?? ''
  if (headers.get('age') !== null || !/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date)) return undefined
  const aheadS = Math.round((Date.parse(date) - Date.now()) / 1_000)
  return Number.isNaN(aheadS) ? undefined : aheadS
}
