import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { tracingChannel } from 'node:diagnostics_channel'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { RequestTrace } from '../src/diagnostics.ts'
import { HttpClient } from '../src/http-client.ts'

type Heard = readonly [event: string, trace: RequestTrace]

function listen(kind: 'request' | 'attempt'): Heard[] {
  const heard: Heard[] = []
  const hear = (event: string) => (trace: unknown) => {
    heard.push([event, { ...(trace as RequestTrace) }])
  }
  const subscribers = {
    start: hear('start'),
    end: hear('end'),
    asyncStart: hear('asyncStart'),
    asyncEnd: hear('asyncEnd'),
    error: hear('error'),
  }
  const channel = tracingChannel(`requestforge:${kind}`)
  channel.subscribe(subscribers)
  onTestFinished(() => {
    channel.unsubscribe(subscribers)
  })
  return heard
}

function clientOf(...statuses: number[]): HttpClient {
  return new HttpClient({
    baseUrl: 'https://api.example.com',
    bearerToken: 'canary',
    retryStrategy: { nextDelay: ({ retry }) => (retry === 0 ? 0 : undefined) },
    transport: async () => Response.json({ secret: 'canary' }, { status: statuses.shift() ?? 200 }),
  })
}

test('a request and each of its attempts are told to whoever listens, without secrets', async () => {
  const [requests, attempts] = [listen('request'), listen('attempt')]
  await clientOf(503, 200).get('/users?key=canary', { headers: { cookie: 'canary' } })
  const url = 'https://api.example.com/users?key=***'
  expect(requests.map(([event]) => event)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
  expect(requests.at(-1)?.[1]).toEqual({ method: 'GET', url, status: 200 })
  expect(attempts.filter(([event]) => event === 'asyncEnd').map(([, trace]) => trace)).toEqual([
    { method: 'GET', url, attempt: 1, status: 503 },
    { method: 'GET', url, attempt: 2, status: 200 },
  ])
  expect(JSON.stringify([requests, attempts])).not.toContain('canary')
})

test('a failure is told by its name and code', async () => {
  const requests = listen('request')
  await expect(clientOf(404).get('/', { retryStrategy: false })).rejects.toThrow('404')
  expect(requests.map(([event]) => event)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  expect(requests.at(-1)?.[1]).toMatchObject({ status: 404, error: { name: 'NotFoundError', code: 'http_404' } })
})

test.each(['request', 'attempt'] as const)('what is bound to the start of a %s is there for all its events', async (kind) => {
  const store = new AsyncLocalStorage<string>()
  const channel = tracingChannel(`requestforge:${kind}`)
  channel.start.bindStore(store, () => 'bound')
  const heard: unknown[] = []
  const hear = (event: string) => () => void heard.push([event, store.getStore()])
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
  const subscribers = Object.fromEntries(events.map((event) => [event, hear(event)])) as unknown as Parameters<
    typeof channel.subscribe
  >[0]
  channel.subscribe(subscribers)
  onTestFinished(() => {
    channel.start.unbindStore(store)
    channel.unsubscribe(subscribers)
  })
  const transport = async (): Promise<Response> => {
    await new Promise(setImmediate)
    heard.push(['work', store.getStore()])
    throw new Error('x')
  }
  const client = new HttpClient({ baseUrl: 'https://api.example.com', transport })
  await expect(client.get('/')).rejects.toThrow('connection')
  expect(heard).toEqual(['start', 'end', 'work', 'error', 'asyncStart', 'asyncEnd'].map((event) => [event, 'bound']))
  expect(store.getStore()).toBeUndefined()
})

test('NODE_DEBUG=requestforge writes a line for each attempt to stderr, without secrets', async () => {
  const script = `
    import { HttpClient } from ${JSON.stringify(new URL('../src/http-client.ts', import.meta.url).href)}
    const client = new HttpClient({ baseUrl: 'https://api.example.com', bearerToken: 'canary', transport: async () => Response.json({}) })
    await client.get('/users?key=canary')`
  const arguments_ = ['--input-type=module', '--no-warnings', '--eval', script]
  const { stderr, stdout } = await promisify(execFile)(process.execPath, arguments_, {
    env: { ...process.env, NODE_DEBUG: 'requestforge' },
  })
  expect(stderr).toMatch(/REQUESTFORGE \d+: GET https:\/\/api\.example\.com\/users\?key=\*\*\* -> 200 in \d+ ms/)
  expect(stdout).toBe('')
  expect(stderr).not.toContain('canary')
})
