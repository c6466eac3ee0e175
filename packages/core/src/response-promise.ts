import type { HttpResponse, ResponsePromise } from './handler.ts'
import { ClientResponse } from './response.ts'

/** Adds the shortcuts to a promise. They hang on the promise itself, so that using one leaves no other rejection unhandled. */
export function withShortcuts(promise: Promise<HttpResponse>): ResponsePromise {
  const extended = promise as ResponsePromise
  extended.json = json
  extended.text = text
  extended.bytes = bytes
  return extended
}

function json<T>(this: ResponsePromise): Promise<T> {
  return this.then(jsonOf<T>)
}

function jsonOf<T>(response: HttpResponse): T | Promise<T> {
  return response instanceof ClientResponse ? (response.readJson() as T) : response.json<T>()
}

function text(this: ResponsePromise): Promise<string> {
  return this.then((response) => response.text())
}

function bytes(this: ResponsePromise): Promise<Uint8Array<ArrayBuffer>> {
  return this.then((response) => response.bytes())
}
