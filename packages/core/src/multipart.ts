/** A form as it goes over the wire. */
export interface EncodedForm {
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Encodes a form once, so that its boundary, and with it every byte, is the same each time it is sent. */
export async function encodeForm(form: FormData): Promise<EncodedForm> {
  const encoded = new Response(await readForm(form))
  const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data'
  return { contentType, bytes: new Uint8Array(await encoded.arrayBuffer()) }
}

/** With every file in memory: what cannot be read fails here, and not where platforms encode it, some of which then never end. */
async function readForm(form: FormData): Promise<FormData> {
  const read = new FormData()
  for (const [name, value] of form) {
    if (typeof value === 'string') read.append(name, value)
    else read.append(name, new Blob([await value.arrayBuffer()], { type: value.type }), value.name)
  }
  return read
}
