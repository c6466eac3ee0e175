import { HttpClientError } from './errors/http-client-error.ts'
import type { HttpRequest } from './handler.ts'
import type { Hooks } from './hooks.ts'
import { redactUrl } from './redaction.ts'

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
 * @example
 * new HttpClientConfigBuilder().withHooks(openTelemetry({ tracer: trace.getTracer('my-service') }))
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
export function openTelemetry({ tracer, inject = injectTraceparent }: OpenTelemetryOptions): Hooks {
  const spans = new WeakMap<HttpRequest['context'], TelemetrySpan>()

  const close = (request: HttpRequest, record: (span: TelemetrySpan) => void): void => {
    const span = spans.get(request.context)
    if (span === undefined) return
    spans.delete(request.context)
    record(span)
    span.end()
  }

  return {
    beforeRequest(request) {
      close(request, () => undefined)
      const span = tracer.startSpan(request.method, { kind: clientKind, attributes: attributesOf(request) })
      spans.set(request.context, span)
      const headers = { ...request.headers }
      inject(span, headers)
      return { ...request, headers }
    },
    afterResponse({ status }, request) {
      close(request, (span) => recordStatus(span, status))
    },
    onRetry({ request, failure: { status, error } }) {
      close(request, (span) => (status === undefined ? recordFailure(span, error) : recordStatus(span, status)))
    },
    onError(error, request) {
      close(request, (span) => recordFailure(span, error))
    },
  }
}

function attributesOf({ method, url, attempt }: HttpRequest): Record<string, string | number> {
  const { hostname, port, protocol } = new URL(url)
  return {
    'http.request.method': method,
    'url.full': redactUrl(url),
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
  }
}

function recordStatus(span: TelemetrySpan, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status < 400) return
  span.setAttribute('error.type', String(status))
  span.setStatus({ code: errorStatus })
}

/** The message stays out: it is for people, and `error.type` is what dashboards count. */
function recordFailure(span: TelemetrySpan, error: unknown): void {
  const type = HttpClientError.isInstance(error) ? error.code : error instanceof Error ? error.name : '_OTHER'
  span.setAttribute('error.type', type)
  span.setStatus({ code: errorStatus })
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function injectTraceparent(span: TelemetrySpan, headers: Record<string, string>): void {
  const { traceId, spanId, traceFlags } = span.spanContext()
  headers['traceparent'] = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
