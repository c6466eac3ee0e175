/** Whether an answer with this status never has a body. @see RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5 */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}
