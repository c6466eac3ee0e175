import type { TransportAnswer } from '../transport.ts'
import type { RawHeaders } from './raw-headers.ts'

/** An answer whose headers are still as they came off the wire. */
export class RawAnswer implements TransportAnswer {
  readonly status: number
  readonly headers: RawHeaders
  readonly bytes: TransportAnswer['bytes']
  readonly body: TransportAnswer['body']

  constructor(status: number, headers: RawHeaders, bytes: TransportAnswer['bytes'], body: TransportAnswer['body']) {
    this.status = status
    this.headers = headers
    this.bytes = bytes
    this.body = body
  }

  toHeaders(): Headers {
    return this.headers.toHeaders()
  }
}
