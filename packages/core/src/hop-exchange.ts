import type { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import type { HeaderMap, HttpMethod, HttpRequestBody } from './handler.ts'
import { type Hop, nextHop } from './redirect-hop.ts'
import { TransferMeter } from './transfer-progress.ts'
import type { BodyRules } from './transport/body-rules.ts'
import type { AnswerHeaders, TransportRequest } from './transport/transport.ts'

/** What is asked of a transport for one hop. */
export class HopExchange implements TransportRequest {
  readonly method: HttpMethod
  readonly url: string
  readonly headers: HeaderMap
  readonly body: HttpRequestBody | undefined
  readonly bodyRules: BodyRules
  readonly control: Attempt
  readonly upload: TransferMeter | undefined
  readonly download: TransferMeter | undefined
  readonly #hop: Hop
  readonly #follows: boolean

  /** @param follows whether redirects are followed */
  constructor(hop: Hop, headers: HeaderMap, call: Call, attempt: Attempt, follows: boolean) {
    const { bodyRules, onUploadProgress, onDownloadProgress, unsentStreams } = call.settings
    unsentStreams?.take(hop.body)
    this.method = hop.method
    this.url = hop.url
    this.headers = headers
    this.body = hop.body
    this.bodyRules = bodyRules
    this.control = attempt
    this.upload = onUploadProgress && new TransferMeter(onUploadProgress)
    this.download = onDownloadProgress && new TransferMeter(onDownloadProgress)
    this.#hop = hop
    this.#follows = follows
    attempt.status = undefined
  }

  leadsOn(status: number, headers: AnswerHeaders): boolean {
    return this.#follows && status >= 300 && status < 400 && nextHop(this.#hop, { status, headers }, () => true) !== undefined
  }
}
