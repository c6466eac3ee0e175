export * from './auth-retry-strategy.ts'
export * from './clock.ts'
export * from './config.ts'
export * from './config-builder.ts'
export type { ConnectionOptions, Pem, TlsOptions } from './connection-options.ts'
export type { RequestTrace } from './diagnostics.ts'
export * from './errors.ts'
export * from './handler.ts'
export * from './hooks.ts'
export * from './http-client.ts'
export * from './logger.ts'
export type { LoggingOptions } from './logging.ts'
export * from './pagination.ts'
export type { Params, Scalar } from './params.ts'
export * from './request-many.ts'
export type * from './request-methods.ts'
export type {
  CommonRequestOptions,
  ReadOptions,
  ReadWithSchema,
  Schemed,
  WithSchema,
  WriteOptions,
} from './request-options.ts'
// For packages that send requests of their own, such as oauth's to token endpoints.
export { retryAfterMs } from './retry-after.ts'
export * from './retry-strategy.ts'
export * from './standard-schema.ts'
export * from './to-curl.ts'
export * from './token-source.ts'
export type { ProgressListener, TransferProgress } from './transfer-progress.ts'
export { type FailureContext, typedFailure } from './transport/connection-failure.ts'
