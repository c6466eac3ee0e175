import { ConfigurationError } from './errors/configuration-error.ts'
import { HttpClientError } from './errors/http-client-error.ts'
import type { HttpRequest } from './handler.ts'
import { harmlessText } from './harmless-cause.ts'
import type { Hooks, SendOutcome } from './hooks.ts'
import { checkMethods, checkNames, checkType, isOptionBag, kindOf } from './option-checks.ts'
import { redactUrl } from './redaction.ts'
import { thrownMember } from './thrown-member.ts'

/** What of an OpenTelemetry span is used; the API's own `Span` fits. */
export interface TelemetrySpan {
  setAttribute(name: string, value: string | number): unknown
  setStatus(status: { code: number; message?: string }): unknown
  end(): void
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
}

/** What of an OpenTelemetry tracer is used; the API's own `Tracer` fits. */
export interface TelemetryTracer {
  startSpan(name: string, options: { kind: number; attributes: Record<string, string | number> }): TelemetrySpan
}

/** What spans are made with. */
export interface OpenTelemetryOptions {
  /** Such as `trace.getTracer('my-service')` of `@opentelemetry/api`. */
  readonly tracer: TelemetryTracer
  /** Writes the trace context into the headers of a request. @default `traceparent`, W3C Trace Context */
  readonly inject?: ((span: TelemetrySpan, headers: Record<string, string>) => void) | undefined
}

// Numbers of the OpenTelemetry API, which is no dependency of ours.
const clientKind = 2
const errorStatus = 2

/**
 * Hooks that make one client span for each send, by the semantic conventions for HTTP client spans. Hooks see no credentials, and
 * neither do the spans; query values are masked.
 *
 * @throws ConfigurationError
 * @example
 * new HttpClientConfigBuilder().withHooks(openTelemetry({ tracer: trace.getTracer('my-service') }))
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
export function openTelemetry(options: OpenTelemetryOptions): Hooks {
  checkOptions(options)
  const { tracer, inject = injectTraceparent } = options
  return {
    beforeRequest(request, whenSent) {
      const span = tracer.startSpan(request.method, { kind: clientKind, attributes: attributesOf(request) })
      whenSent?.((outcome) => {
        recordOutcome(span, outcome)
        span.end()
      })
      const headers = { ...request.headers }
      inject(span, headers)
      return { ...request, headers }
    },
  }
}

function checkOptions(options: OpenTelemetryOptions): void {
  if (!isOptionBag(options)) throw new ConfigurationError(`openTelemetry wants an object with a tracer (got ${kindOf(options)})`)
  checkNames(options, new Set<keyof OpenTelemetryOptions>(['tracer', 'inject']))
  checkMethods('tracer', options.tracer, ['startSpan'], 'a tracer of OpenTelemetry, with startSpan()')
  checkType('inject', options.inject, 'function')
}

function attributesOf({ method, url, attempt }: HttpRequest): Record<string, string | number> {
  const { hostname, port, protocol } = new URL(url)
  return {
    'http.request.method': method,
    'url.full': redactUrl(url),
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
  }
}

/** The message of an error stays out: it is for people, and `error.type` is what dashboards count. */
function recordOutcome(span: TelemetrySpan, { status, error }: SendOutcome): void {
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  if (status !== undefined && status < 400) return
  span.setAttribute('error.type', status === undefined ? typeOf(error) : String(status))
  span.setStatus({ code: errorStatus })
}

function typeOf(error: unknown): string {
  if (HttpClientError.isInstance(error)) return error.code
  const name = thrownMember(error, 'name')
  return typeof name === 'string' ? harmlessText(name) : '_OTHER'
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function injectTraceparent(span: TelemetrySpan, headers: Record<string, string>): void {
  const { traceId, spanId, traceFlags } = span.spanContext()
  headers['traceparent'] = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
