import { expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors/configuration-error.ts'
import type { HttpResponse, Middleware } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import { openTelemetry, type TelemetrySpan } from '../src/opentelemetry.ts'

interface Recorded {
  readonly name: string
  readonly kind: number
  readonly attributes: Record<string, string | number>
  status: number | undefined
  endCount: number
}

function recordingTracer() {
  const spans: Recorded[] = []
  const startSpan = (name: string, { kind, attributes }: { kind: number; attributes: Recorded['attributes'] }): TelemetrySpan => {
    const span: Recorded = { name, kind, attributes: { ...attributes }, status: undefined, endCount: 0 }
    spans.push(span)
    return {
      setAttribute: (key, value) => {
        span.attributes[key] = value
      },
      setStatus: ({ code }) => {
        span.status = code
      },
      end: () => {
        span.endCount++
      },
      spanContext: () => ({ traceId: 'a'.repeat(32), spanId: `${spans.length}`.padStart(16, '0'), traceFlags: 1 }),
    }
  }
  return { spans, tracer: { startSpan } }
}

function clientOf(hooks: ReturnType<typeof openTelemetry>, answers: (Response | Error)[], seen: Headers[] = []): HttpClient {
  const transport = async (_url: string, init: RequestInit): Promise<Response> => {
    seen.push(new Headers(init.headers))
    const answer = answers.shift()
    if (answer instanceof Response) return answer
    throw answer
  }
  const retryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry < 2 ? 0 : undefined) }
  return new HttpClient({
    baseUrl: 'https://api.example.com:8443/v1',
    bearerToken: 'canary',
    hooks: [hooks],
    transport,
    retryStrategy,
  })
}

test('one client span for each send, by the semantic conventions, and each is ended once', async () => {
  const { spans, tracer } = recordingTracer()
  const seen: Headers[] = []
  const answers = [new Response(null, { status: 503 }), new TypeError('fetch failed: canary'), Response.json({})]
  await clientOf(openTelemetry({ tracer }), answers, seen).get('/users?key=canary')
  const common = {
    'http.request.method': 'GET',
    'url.full': 'https://api.example.com:8443/v1/users?key=***',
    'server.address': 'api.example.com',
    'server.port': 8443,
  }
  expect(spans).toEqual([
    {
      name: 'GET',
      kind: 2,
      attributes: { ...common, 'http.response.status_code': 503, 'error.type': '503' },
      status: 2,
      endCount: 1,
    },
    {
      name: 'GET',
      kind: 2,
      attributes: { ...common, 'http.request.resend_count': 1, 'error.type': 'connection' },
      status: 2,
      endCount: 1,
    },
    {
      name: 'GET',
      kind: 2,
      attributes: { ...common, 'http.request.resend_count': 2, 'http.response.status_code': 200 },
      status: undefined,
      endCount: 1,
    },
  ])
  expect(seen.map((headers) => headers.get('traceparent'))).toEqual(
    [1, 2, 3].map((id) => `00-${'a'.repeat(32)}-${`${id}`.padStart(16, '0')}-01`),
  )
  expect(JSON.stringify(spans)).not.toContain('canary')
})

test('a status that is thrown ends its span as an error', async () => {
  const { spans, tracer } = recordingTracer()
  await expect(
    clientOf(openTelemetry({ tracer }), [new Response(null, { status: 404 })]).get('/', { retryStrategy: false }),
  ).rejects.toThrow('404')
  expect(spans).toMatchObject([{ attributes: { 'http.response.status_code': 404, 'error.type': '404' }, status: 2, endCount: 1 }])
})

test('an abort ends the span', async () => {
  const { spans, tracer } = recordingTracer()
  const controller = new AbortController()
  const client = new HttpClient({
    baseUrl: 'http://127.0.0.1',
    hooks: [openTelemetry({ tracer })],
    transport: () => new Promise(() => undefined),
  })
  const pending = client.get('/', { signal: controller.signal })
  await new Promise(setImmediate)
  controller.abort()
  await expect(pending).rejects.toThrow('abort')
  expect(spans).toMatchObject([{ attributes: { 'error.type': 'AbortError' }, status: 2, endCount: 1 }])
})

test('a send whose failure a middleware makes good has a span that ends as an error', async () => {
  const { spans, tracer } = recordingTracer()
  const fallback: Middleware = (next) => (request) => next(request).catch(() => Response.json({}) as unknown as HttpResponse)
  const client = clientOf(openTelemetry({ tracer }), [new TypeError('x')]).extend({ middleware: [fallback] })
  await client.get('/', { retryStrategy: false })
  expect(spans).toMatchObject([{ attributes: { 'error.type': 'connection' }, status: 2, endCount: 1 }])
})

test('sends at the same time in one call have spans of their own', async () => {
  const { spans, tracer } = recordingTracer()
  const answers = [new Response(null, { status: 404 }), Response.json({})]
  const transport = async (): Promise<Response> => {
    await new Promise(setImmediate)
    return answers.shift() ?? Response.error()
  }
  const both: Middleware = (next) => async (request) => (await Promise.all([next(request), next(request)]))[1]
  const client = new HttpClient({ baseUrl: 'http://[::1]:1', transport, hooks: [openTelemetry({ tracer })], middleware: [both] })
  await client.get('/')
  expect(spans).toMatchObject([
    { attributes: { 'http.response.status_code': 404, 'server.address': '::1' }, status: 2, endCount: 1 },
    { attributes: { 'http.response.status_code': 200, 'server.address': '::1' }, status: undefined, endCount: 1 },
  ])
})

test('a send that a later hook refuses has a span that ends as an error', async () => {
  const { spans, tracer } = recordingTracer()
  const beforeRequest = (): never => {
    throw new RangeError('x')
  }
  const client = clientOf(openTelemetry({ tracer }), []).extend({ hooks: [{ beforeRequest }] })
  await expect(client.get('/')).rejects.toThrow(RangeError)
  expect(spans).toMatchObject([{ attributes: { 'error.type': 'RangeError' }, status: 2, endCount: 1 }])
})

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /^openTelemetry wants an object with a tracer \(got undefined\)$/],
  ['a tracer without the object around it', recordingTracer().tracer, /^unknown option `startSpan`/],
  ['no tracer', {}, /^tracer must be a tracer of OpenTelemetry, with startSpan\(\) \(got undefined\)$/],
  ['a word for inject', { tracer: recordingTracer().tracer, inject: 'b3' }, /^inject must be a function \(got a string\)$/],
])('%s is refused by openTelemetry() itself', (_name, options, message) => {
  expect(() => openTelemetry(options as never)).toThrow(ConfigurationError)
  expect(() => openTelemetry(options as never)).toThrow(message)
})
