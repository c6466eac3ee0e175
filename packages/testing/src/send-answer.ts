import { bodylessStatuses } from './bodyless-statuses.ts'
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
  const bytes = bodylessStatuses.has(answer.status) ? new Uint8Array() : bodyOf(answer)
  const headers = headersOf(answer, bytes.length)
  response.writeHead(answer.status, headers)
  if (connection === 'truncate') response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy())
  else response.end(bytes)
}

function bodyOf({ body }: OAuthAnswer): Uint8Array {
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
}

function headersOf({ status, body, headers }: OAuthAnswer, length: number): Record<string, string> {
  const type = typeof body === 'string' || bodylessStatuses.has(status) ? {} : { 'content-type': 'application/json' }
  // Of these three a 205 alone may speak of a length (RFC 9110 sections 8.6 and 15.3.6).
  const usualLength = status === 204 || status === 304 ? {} : { 'content-length': String(length) }
  const merged = mergedHeaders({ ...type, 'cache-control': 'no-store', ...usualLength }, headers)
  // A message has a length or chunks, never both.
  if ('transfer-encoding' in merged) delete merged['content-length']
  return merged
}

/** Ends the connection the hard way, as a crashed server or a firewall does. */
export function resetConnection({ socket }: IncomingRequest): void {
  if (socket.resetAndDestroy === undefined) socket.destroy()
  else socket.resetAndDestroy()
}
