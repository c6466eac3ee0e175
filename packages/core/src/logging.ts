import { ConfigurationError } from './errors/configuration-error.ts'
import type { HeaderMap, HttpRequestBody } from './handler.ts'
import { letGo } from './let-go.ts'
import type { Logger } from './logger.ts'
import { checkMethods, checkNames, checkType, isList, kindOf } from './option-checks.ts'
import { sensitiveNameTest } from './redaction.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { type SentSecrets, withoutRepeatedCredentials } from './repeated-secrets.ts'
import { thrownMember } from './thrown-member.ts'

/** What is logged, and where. */
export interface LoggingOptions {
  /** @default console */
  readonly logger?: Logger | undefined
  /** @default false */
  readonly logHeaders?: boolean | undefined
  /** Bodies of requests and responses, text and JSON alone, at most 4 KiB of each. @default false */
  readonly logBody?: boolean | undefined
  /** Names of headers, query parameters and body members whose values are masked; added to the defaults. */
  readonly sensitiveKeys?: Iterable<string> | undefined
}

/** One attempt, as it is logged when it is over. */
export interface LoggedAttempt {
  readonly method: string
  readonly url: string
  /** 1 for the first send. */
  readonly attempt: number
  readonly elapsedMs: number
  readonly requestHeaders: HeaderMap
  readonly requestBody: HttpRequestBody | undefined
  readonly status?: number | undefined
  readonly responseHeaders?: HeaderMap | undefined
  /** The body as text, where it is at hand. */
  readonly responseBody?: string | undefined
  /** What the answer may repeat; only where something of the answer is wanted. */
  readonly sent?: SentSecrets | undefined
  readonly error?: unknown
}

/** Writes one line for each attempt. */
export interface RequestLogger {
  /** Whether `LoggedAttempt.responseHeaders` is wanted. */
  readonly wantsHeaders: boolean
  /** Whether `LoggedAttempt.responseBody` is wanted. */
  readonly wantsBody: boolean
  log(attempt: LoggedAttempt): void
}

/** @throws ConfigurationError */
export function checkLogging(options: LoggingOptions | Logger | undefined): void {
  if (options === undefined) return
  if (typeof options === 'object' && options !== null && 'info' in options) {
    const message = 'logging must be an object of options (got a logger); did you mean `logging: { logger }`?'
    throw new ConfigurationError(message, { option: 'logging' })
  }
  checkType('logging', options ?? null, 'object')
  checkNames(options, new Set<keyof LoggingOptions>(['logger', 'logHeaders', 'logBody', 'sensitiveKeys']))
  if (options.logger !== undefined) {
    checkMethods(
      'logging.logger',
      options.logger,
      ['debug', 'info', 'warn', 'error'],
      'a logger with debug, info, warn and error',
    )
  }
  checkType('logging.logHeaders', options.logHeaders, 'boolean')
  checkType('logging.logBody', options.logBody, 'boolean')
  checkSensitiveKeys('logging.sensitiveKeys', options.sensitiveKeys)
}

/** @throws ConfigurationError */
export function checkSensitiveKeys(option: string, keys: Iterable<unknown> | undefined): void {
  if (keys === undefined) return
  if (!isList(keys)) throw new ConfigurationError(`${option} must be an array or a Set of names`, { option })
  for (const key of keys)
    if (typeof key !== 'string') throw new ConfigurationError(`${option} must hold names (got ${kindOf(key)})`, { option })
}

/** @param secretHeaders names of headers that the client puts secrets into, besides the well-known ones */
export function requestLogger(options: LoggingOptions | undefined, secretHeaders: readonly string[]): RequestLogger | undefined {
  if (options === undefined) return undefined
  const { logHeaders = false, logBody = false } = options
  const logger: Logger = options.logger ?? console
  const sensitiveKeys = [...(options.sensitiveKeys ?? [])]
  const redactor = createRedactor([...sensitiveKeys, ...secretHeaders])
  const isSecret = sensitiveNameTest(sensitiveKeys)
  return {
    wantsHeaders: logHeaders,
    wantsBody: logBody,
    log(attempt) {
      try {
        const { sent } = attempt
        // The answer may repeat what was sent, with a name or without.
        const clean = sent === undefined ? undefined : withoutRepeatedCredentials(sent, isSecret)
        const fields = fieldsOf(attempt, { redactor, logHeaders, logBody, clean })
        letGo(write(logger, levelOf(attempt), messageOf(attempt, redactor), fields))
      } catch {
        // A logger that fails must not fail the request that it was told about; and where would that be logged?
      }
    },
  }
}

/** pino takes the fields first, and would drop what comes after a message. */
function write(logger: Logger, level: Level, message: string, fields: object): unknown {
  const isPino = 'bindings' in logger && typeof logger.bindings === 'function'
  return isPino ? Reflect.apply(logger[level], logger, [fields, message]) : logger[level](message, fields)
}

/** Both loggers as one. */
export function bothLoggers(one: RequestLogger | undefined, other: RequestLogger | undefined): RequestLogger | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return {
    wantsHeaders: one.wantsHeaders || other.wantsHeaders,
    wantsBody: one.wantsBody || other.wantsBody,
    log(attempt) {
      one.log(attempt)
      other.log(attempt)
    },
  }
}

type Level = 'info' | 'warn' | 'error'

function levelOf({ status, error }: LoggedAttempt): Level {
  if (error !== undefined) return 'error'
  return status !== undefined && status >= 400 ? 'warn' : 'info'
}

function messageOf({ method, url, attempt, status, error, elapsedMs }: LoggedAttempt, redactor: Redactor): string {
  const retry = attempt > 1 ? ` (attempt ${attempt})` : ''
  return `${method} ${redactor.url(url)}${retry} -> ${status ?? redactor.text(errorName(error))} in ${elapsedMs.toFixed(0)} ms`
}

function errorName(error: unknown): string {
  const name = thrownMember(error, 'name')
  return typeof name === 'string' ? name : 'failed'
}

function wordsOf(error: unknown): string {
  const message = thrownMember(error, 'message')
  return typeof message === 'string' ? message : typeof error === 'string' ? error : `${typeof error} was thrown`
}

/** What of an attempt is shown. */
interface Shown {
  readonly redactor: Redactor
  readonly logHeaders: boolean
  readonly logBody: boolean
  readonly clean: ((text: string) => string) | undefined
}

function fieldsOf(logged: LoggedAttempt, { redactor, logHeaders, logBody, clean }: Shown): Record<string, unknown> {
  const { method, url, attempt, elapsedMs, status, error } = logged
  const fields: Record<string, unknown> = { method, url: redactor.url(url), attempt, elapsedMs: Math.round(elapsedMs) }
  if (status !== undefined) fields['status'] = status
  if (error !== undefined) fields['error'] = { name: redactor.text(errorName(error)), message: redactor.text(wordsOf(error)) }
  if (logHeaders) {
    fields['requestHeaders'] = redactor.headers(logged.requestHeaders)
    if (logged.responseHeaders !== undefined) fields['responseHeaders'] = redactor.headers(logged.responseHeaders, clean)
  }
  if (logBody) {
    if (logged.requestBody !== undefined) fields['requestBody'] = redactor.body(logged.requestBody)
    if (logged.responseBody !== undefined) fields['responseBody'] = redactor.body(logged.responseBody, clean)
  }
  return fields
}
