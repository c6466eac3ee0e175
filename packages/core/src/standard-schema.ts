/** The Standard Schema interface (version 1): zod, valibot, arktype and others implement it. @see https://standardschema.dev */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a schema says of a value. */
export type StandardSchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** The type that a schema gives out. */
export type OutputOf<S extends StandardSchemaV1> =
  S extends StandardSchemaV1<unknown, infer O> ? O : S extends StandardSchemaV1<infer _I, infer O> ? O : never
