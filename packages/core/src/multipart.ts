/** A form as it goes over the wire. */
export interface EncodedForm {
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Encodes a form once, so that its boundary, and with it every byte, is the same each time it is sent. */
export async function encodeForm(form: FormData): Promise<EncodedForm> {
  const encoded = new Response(form)
  const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data'
  return { contentType, bytes: new Uint8Array(await encoded.arrayBuffer()) }
}
