import { mergedHeaders } from './merged-headers.ts'
import type { IncomingRequest, OutgoingResponse } from './node-http.ts'
import type { OAuthAnswer } from './oauth-answer.ts'
import type { ConnectionFault } from './oauth-server-fault.ts'

/** Sends an answer, or what a fault of the connection leaves of it. */
export function sendAnswer(
  answer: OAuthAnswer,
  connection: ConnectionFault | undefined,
  request: IncomingRequest,
  response: OutgoingResponse,
): void {
  if (connection === 'hang-after') return
  if (connection === 'reset-after') {
    resetConnection(request)
    return
  }
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  const bytes = new TextEncoder().encode(text)
  const type = typeof answer.body === 'string' ? {} : { 'content-type': 'application/json' }
  const usual = { ...type, 'cache-control': 'no-store', 'content-length': String(bytes.length) }
  const headers = mergedHeaders(usual, answer.headers)
  // A message has a length or chunks, never both.
  if ('transfer-encoding' in headers) delete headers['content-length']
  response.writeHead(answer.status, headers)
  if (connection === 'truncate') response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy())
  else response.end(bytes)
}

/** Ends the connection the hard way, as a crashed server or a firewall does. */
export function resetConnection({ socket }: IncomingRequest): void {
  if (socket.resetAndDestroy === undefined) socket.destroy()
  else socket.resetAndDestroy()
}
