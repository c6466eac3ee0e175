import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
} from '@opentelemetry/semantic-conventions'
import { expect, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { openTelemetry } from '../src/opentelemetry.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'

// The bridge has no dependency on OpenTelemetry; this is what it says to the real one.
test("spans arrive in OpenTelemetry's own exporter, named and attributed as its conventions say", async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const api = await loopback((_request, response, count) => sendJson(response, count === 1 ? 503 : 200, {}))
  const client = new HttpClient({
    baseUrl: api.origin,
    bearerToken: 'canary-token',
    hooks: [openTelemetry({ tracer: provider.getTracer('test') })],
    retryStrategy: { nextDelay: ({ retry }) => (retry === 0 ? 0 : undefined) },
  })
  await client.get('/users', { params: { key: 'canary-query' } })
  await client.close()

  const spans = exporter.getFinishedSpans()
  const { hostname, port } = new URL(api.origin)
  const common = {
    [ATTR_HTTP_REQUEST_METHOD]: 'GET',
    [ATTR_URL_FULL]: `${api.origin}/users?key=***`,
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: Number(port),
  }
  expect(spans.map(({ name, kind }) => [name, kind])).toEqual([
    ['GET', SpanKind.CLIENT],
    ['GET', SpanKind.CLIENT],
  ])
  expect(spans.map(({ attributes }) => attributes)).toEqual([
    { ...common, [ATTR_HTTP_RESPONSE_STATUS_CODE]: 503, [ATTR_ERROR_TYPE]: '503' },
    { ...common, [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200, [ATTR_HTTP_REQUEST_RESEND_COUNT]: 1 },
  ])
  expect(spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.UNSET])
  const sent = api.requests.map(({ headers }) => headers['traceparent'])
  expect(sent).toEqual(spans.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`))
  expect(JSON.stringify(spans.map(({ attributes, events, name }) => ({ attributes, events, name })))).not.toContain('canary')
})
