export type { AuthRetryStrategy, RejectedAttempt } from './auth-retry-strategy.ts'
export { type Clock, systemClock } from './clock.ts'
export type {
  ApiKeyOptions,
  BasicAuthOptions,
  FetchLike,
  HttpClientConfig,
  RedirectOptions,
  TokenAuthOptions,
} from './config.ts'
export { HttpClientConfigBuilder } from './config-builder.ts'
export type { ConnectionOptions, Pem, TlsOptions } from './connection-options.ts'
export type { RequestTrace } from './diagnostics.ts'
export * from './errors.ts'
export type * from './handler.ts'
export type { Hooks, RetryEvent, SendListener, SendOutcome } from './hooks.ts'
export { type CloseOptions, HttpClient } from './http-client.ts'
export type { Logger } from './logger.ts'
export type { LoggingOptions } from './logging.ts'
export { type NextPage, type PageSource, type PaginationOptions, paginate } from './pagination.ts'
export type { Params, Scalar } from './params.ts'
export type { RequestDescription, RequestManyOptions, RequestOutcome } from './request-many.ts'
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
export type { CircuitBreaker, FailedAttempt, RetryStrategy } from './retry-strategy.ts'
export type { OutputOf, StandardSchemaResult, StandardSchemaV1 } from './standard-schema.ts'
export { type CurlOptions, type CurlRequest, toCurl } from './to-curl.ts'
export type { AccessToken, TokenSource, WaitOptions } from './token-source.ts'
export type { ProgressListener, TransferProgress } from './transfer-progress.ts'
export { type FailureContext, typedFailure } from './transport/connection-failure.ts'
