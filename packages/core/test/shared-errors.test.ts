import { describe, expect, test } from 'vitest'
import {
  AuthenticationError,
  ConnectionError,
  NotFoundError,
  ReauthenticationRequiredError,
  SchemaValidationError,
} from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'
import { settle } from './fixtures/manual-clock.ts'

const unavailable = () => loopback((_request, response) => sendJson(response, 503, {}))

describe('an error that the call has not made tells nothing of the call', () => {
  test('the reason of an abort, also in the middle of the waits between retries', async () => {
    const server = await unavailable()
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: { nextDelay: () => 5_000 } })
    const controller = new AbortController()
    const failure = failureOf(client.get('/', { signal: controller.signal }))
    while (server.requests.length === 0) await settle()
    const reason = new ConnectionError('elsewhere')
    controller.abort(reason)
    expect(await failure).toBe(reason)
    expect(reason).not.toHaveProperty('retryDelaysMs')
    expect(reason).toMatchObject({ request: undefined, attempts: 0 })
  })

  test('the failure that ends the other requests of requestMany', async () => {
    const server = await loopback((request, response) => sendJson(response, request.path === '/missing' ? 404 : 503, {}))
    const client = new HttpClient({
      baseUrl: server.origin,
      retryStrategy: { nextDelay: ({ status }) => (status === 503 ? 5_000 : undefined) },
    })
    function* requests() {
      yield { method: 'GET', url: '/busy' } as const
      yield { method: 'GET', url: '/missing' } as const
    }
    const error = await failureOf(client.requestMany(requests(), { failFast: true }).next())
    await settle()
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).not.toHaveProperty('retryDelaysMs')
  })

  test('an error of another client that a middleware passes on', async () => {
    const server = await unavailable()
    const other = new NotFoundError('other', {
      status: 404,
      headers: new Headers(),
      body: '',
      request: { method: 'GET', url: 'x' },
    })
    const client = new HttpClient({
      baseUrl: server.origin,
      retryStrategy: { nextDelay: ({ retry }) => (retry === 0 ? 0 : undefined) },
      middleware: [(next) => async (request) => next(request).then(() => Promise.reject(other))],
    })
    expect(await failureOf(client.get('/'))).toBe(other)
    expect(other).not.toHaveProperty('retryDelaysMs')
  })

  test.each(['frozen', 'open'])('what a hook has thrown (%s)', async (kind) => {
    const thrown = new AuthenticationError('no session')
    if (kind === 'frozen') Object.freeze(thrown)
    const hooks = [{ beforeRequest: () => Promise.reject(thrown) }]
    expect(await failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', hooks }).get('/'))).toBe(thrown)
    expect(thrown).toMatchObject({ request: undefined })
  })
})

describe('an error that a token source throws again and again', () => {
  test.each(['frozen', 'open'])('is each call its own, of the same kind, and names its request (%s)', async (kind) => {
    const thrown = new ReauthenticationRequiredError('log in again', {
      reason: 'refresh_rejected',
      serviceName: 'mail',
      oauthError: 'invalid_grant',
      cause: new ConnectionError('why'),
    })
    if (kind === 'frozen') Object.freeze(thrown)
    const tokenAuth = { tokenManager: { getToken: () => Promise.reject(thrown) } }
    const clients = [1, 2].map(() => new HttpClient({ baseUrl: 'https://api.example', tokenAuth, transport: fetch }))
    const errors = await Promise.all(clients.map((client, index) => failureOf(client.get(`/${index}`))))
    expect(errors).toMatchObject(
      ['/0', '/1'].map((path) => ({
        name: 'ReauthenticationRequiredError',
        code: 'reauthentication_required',
        message: 'log in again',
        reason: 'refresh_rejected',
        serviceName: 'mail',
        oauthError: 'invalid_grant',
        attempts: 0,
        request: { method: 'GET', url: `https://api.example${path}` },
      })),
    )
    for (const error of errors as Error[]) {
      expect(error).toBeInstanceOf(ReauthenticationRequiredError)
      expect([error.cause, error.stack]).toEqual([thrown.cause, thrown.stack])
    }
    expect(Object.keys(errors[1] as object)).toEqual(Object.keys(errors[0] as object))
  })

  test('is the same for all where a copy would lack what it hides', async () => {
    const thrown = new SchemaValidationError('odd token', { issues: [{ message: 'odd' }] })
    const tokenAuth = { tokenManager: { getToken: () => Promise.reject(thrown) } }
    const client = new HttpClient({ baseUrl: 'https://api.example', tokenAuth, transport: fetch })
    for (const path of ['/1', '/2']) {
      const error = await failureOf(client.get(path))
      expect(error).toBe(thrown)
      expect((error as SchemaValidationError).issues).toEqual([{ message: 'odd', path: undefined }])
    }
  })

  test('is left alone where its class is not of the library, or where it names a request of its own', async () => {
    class LoggedOut extends AuthenticationError {}
    const request = { method: 'POST', url: 'https://id.example/token' }
    for (const thrown of [new LoggedOut('logged out'), new ConnectionError('away', { request })]) {
      const before = { ...thrown }
      const tokenManager = { getToken: () => Promise.reject(thrown) }
      const client = new HttpClient({ baseUrl: 'https://api.example', tokenAuth: { tokenManager }, transport: fetch })
      expect(await failureOf(client.get('/1'))).toBe(thrown)
      expect({ ...thrown }).toEqual(before)
    }
  })
})
