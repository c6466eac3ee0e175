import type { MadeBody } from './made-body.ts'
import type { RetryStrategy } from './retry-strategy.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'
import type { TimeLimit } from './time-limit.ts'
import type { ProgressListener } from './transfer-progress.ts'
import type { BodyRules } from './transport/body-rules.ts'
import type { UnsentStreams } from './unsent-streams.ts'

/** What was decided for one call, from the client's options and the request's. */
export interface CallSettings {
  /** Where relative URLs lead; undefined without a base URL. */
  readonly baseOrigin: string | undefined
  /** For each send; undefined where it may take any time. */
  readonly timeLimit: TimeLimit | undefined
  readonly retryStrategy: RetryStrategy | undefined
  readonly throwHttpErrors: boolean
  /** False: no token for this call, whatever its URL. */
  readonly usesToken: boolean
  /** Whether sending it twice does no more than sending it once. */
  readonly isIdempotent: boolean
  readonly schema: StandardSchemaV1 | undefined
  /** The caller's own: what is done with the response ends with it, too. */
  readonly signal: AbortSignal | undefined
  readonly bodyRules: BodyRules
  readonly onUploadProgress: ProgressListener | undefined
  readonly onDownloadProgress: ProgressListener | undefined
  /** Where a function makes the body, for each send another. */
  readonly madeBody: MadeBody | undefined
  /** Where the body is a stream, or may be one. */
  readonly unsentStreams: UnsentStreams | undefined
}
