import type { HttpMethod, ResponsePromise, TypedResponsePromise } from './handler.ts'
import type { ReadOptions, ReadWithSchema, WithSchema, WriteOptions } from './request-options.ts'
import type { OutputOf, StandardSchemaV1 } from './standard-schema.ts'

/** A method whose requests have no body. */
export interface Read {
  <S extends StandardSchemaV1>(url: string | URL, options: ReadWithSchema<S>): TypedResponsePromise<OutputOf<S>>
  (url: string | URL, options?: ReadOptions | undefined): ResponsePromise
}

/** A method whose requests may have a body. */
export interface Write {
  <S extends StandardSchemaV1>(url: string | URL, options: WithSchema<S>): TypedResponsePromise<OutputOf<S>>
  (url: string | URL, options?: WriteOptions | undefined): ResponsePromise
}

/** Any method. */
export interface SendRequest {
  <S extends StandardSchemaV1>(method: HttpMethod, url: string | URL, options: WithSchema<S>): TypedResponsePromise<OutputOf<S>>
  (method: HttpMethod, url: string | URL, options?: WriteOptions | undefined): ResponsePromise
}
