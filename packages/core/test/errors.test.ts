import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import * as errors from '../src/errors.ts'
import {
  AuthenticationError,
  BadRequestError,
  HttpClientError,
  HttpStatusError,
  NotFoundError,
  ReauthenticationRequiredError,
} from '../src/errors.ts'

type Library = typeof errors

const status = (code: number) => ({
  status: code,
  headers: new Headers({ 'set-cookie': 'canary' }),
  body: 'canary',
  data: { token: 'canary' },
})

/** One of each class, made by a copy of the library. */
const make: Readonly<Record<string, (library: Library) => HttpClientError>> = {
  ConfigurationError: (l) => new l.ConfigurationError('m', { option: 'o' }),
  ConnectionError: (l) => new l.ConnectionError('m'),
  RequestTimeoutError: (l) => new l.RequestTimeoutError('m', { phase: 'body', timeoutMs: 1, elapsedMs: 2 }),
  TlsError: (l) => new l.TlsError('m'),
  TooManyRedirectsError: (l) => new l.TooManyRedirectsError('m'),
  ResponseParseError: (l) => new l.ResponseParseError('m'),
  SchemaValidationError: (l) => new l.SchemaValidationError('m', { issues: [] }),
  ClientClosedError: (l) => new l.ClientClosedError(),
  CircuitOpenError: (l) => new l.CircuitOpenError('m'),
  AuthenticationError: (l) => new l.AuthenticationError('m', { serviceName: 's' }),
  ReauthenticationRequiredError: (l) => new l.ReauthenticationRequiredError('m', { reason: 'no_grant' }),
  HttpStatusError: (l) => new l.HttpStatusError('m', status(418)),
  BadRequestError: (l) => new l.BadRequestError('m', status(400)),
  UnauthorizedError: (l) => new l.UnauthorizedError('m', status(401)),
  ForbiddenError: (l) => new l.ForbiddenError('m', status(403)),
  NotFoundError: (l) => new l.NotFoundError('m', status(404)),
  ConflictError: (l) => new l.ConflictError('m', status(409)),
  UnprocessableContentError: (l) => new l.UnprocessableContentError('m', status(422)),
  RateLimitError: (l) => new l.RateLimitError('m', status(429)),
  ServerError: (l) => new l.ServerError('m', status(503)),
}
const classes = new Map(Object.entries(errors as unknown as Record<string, typeof HttpClientError>))
const parents: Readonly<Record<string, readonly string[]>> = {
  ReauthenticationRequiredError: ['AuthenticationError'],
  ...Object.fromEntries(
    ['BadRequest', 'Unauthorized', 'Forbidden', 'NotFound', 'Conflict', 'UnprocessableContent', 'RateLimit', 'Server'].map(
      (name) => [`${name}Error`, ['HttpStatusError']],
    ),
  ),
}

async function anotherCopy(): Promise<Library> {
  vi.resetModules()
  return import('../src/errors.ts')
}

test('every class of the family is in this list', () => {
  expect(Object.keys(make).toSorted()).toEqual([...classes.keys()].filter((name) => name !== 'HttpClientError').toSorted())
})

describe.each(Object.entries(make))('%s', (name, makeIt) => {
  test('is recognised as its own class, its parents, and no other, whichever copy of the library made it', async () => {
    const copy = await anotherCopy()
    expect(copy.HttpClientError).not.toBe(HttpClientError)
    const expected = new Set([name, 'HttpClientError', ...(parents[name] ?? [])])
    for (const error of [makeIt(errors), makeIt(copy)]) {
      for (const [other, errorClass] of classes) {
        expect([other, error instanceof errorClass, errorClass.isInstance(error)]).toEqual([
          other,
          expected.has(other),
          expected.has(other),
        ])
      }
    }
  })

  test('has its name, a stable code, a stack and its cause', () => {
    const error = makeIt(errors)
    expect(error.name).toBe(name)
    expect(error.code).toBe(error instanceof HttpStatusError ? `http_${error.status}` : error.code)
    expect(error.stack).toContain(`${name}: ${error.message}`)
    expect(error).toBeInstanceOf(Error)
    expect(error.attempts).toBe(0)
  })

  test('shows neither headers nor bodies', () => {
    const error = makeIt(errors)
    const shown = [inspect(error), JSON.stringify(error), String(error), JSON.stringify({ ...error })].join()
    expect(shown).not.toContain('canary')
  })
})

test('the codes are those that programs rely on', () => {
  const codes = Object.fromEntries(Object.entries(make).map(([name, makeIt]) => [name, makeIt(errors).code]))
  expect(codes).toMatchObject({
    ConfigurationError: 'configuration',
    ConnectionError: 'connection',
    RequestTimeoutError: 'timeout',
    TlsError: 'tls',
    TooManyRedirectsError: 'too_many_redirects',
    ResponseParseError: 'parse',
    SchemaValidationError: 'schema',
    ClientClosedError: 'closed',
    CircuitOpenError: 'circuit_open',
    AuthenticationError: 'authentication',
    ReauthenticationRequiredError: 'reauthentication_required',
    NotFoundError: 'http_404',
    ServerError: 'http_503',
  })
})

describe('a class that a user derived', () => {
  class QuotaError extends errors.RateLimitError {
    readonly quota = 5
  }
  const quota = new QuotaError('m', status(429))

  test('is one of the family, in every copy', async () => {
    const copy = await anotherCopy()
    for (const library of [errors, copy]) {
      expect(quota instanceof library.RateLimitError).toBe(true)
      expect(quota instanceof library.HttpStatusError).toBe(true)
      expect(library.HttpClientError.isInstance(quota)).toBe(true)
      expect(quota instanceof library.NotFoundError).toBe(false)
    }
  })

  test('does not claim the errors of its parent', () => {
    expect(quota instanceof QuotaError).toBe(true)
    expect(QuotaError.isInstance(quota)).toBe(true)
    expect(new errors.RateLimitError('m', status(429)) instanceof QuotaError).toBe(false)
  })
})

test('nothing else is one of the family', () => {
  for (const other of [
    new Error('m'),
    { code: 'connection', name: 'ConnectionError' },
    Object.create(null),
    null,
    undefined,
    'x',
    5,
    () => undefined,
  ]) {
    expect(HttpClientError.isInstance(other)).toBe(false)
    expect((other as unknown) instanceof HttpClientError).toBe(false)
  }
})

test('the cause is kept, and does not show up in JSON', () => {
  const cause = new Error('canary')
  const error = new errors.ConnectionError('m', { cause })
  expect(error.cause).toBe(cause)
  expect(JSON.stringify(error)).not.toContain('canary')
})

test('instanceof narrows to the class, one leaf after the other', () => {
  const describeError = (error: unknown): string => {
    if (error instanceof NotFoundError) {
      expectTypeOf(error.status).toEqualTypeOf<404>()
      return 'not found'
    }
    if (error instanceof BadRequestError) {
      expectTypeOf(error.status).toEqualTypeOf<400>()
      return 'bad'
    }
    if (error instanceof ReauthenticationRequiredError) {
      expectTypeOf(error.reason).toEqualTypeOf<'no_grant' | 'refresh_rejected' | 'refresh_lost'>()
      return 'log in'
    }
    if (AuthenticationError.isInstance(error)) {
      expectTypeOf(error.serviceName).toEqualTypeOf<string | undefined>()
      return 'no token'
    }
    if (HttpClientError.isInstance(error)) return error.code
    return 'else'
  }
  const names = ['NotFoundError', 'BadRequestError', 'ReauthenticationRequiredError', 'AuthenticationError', 'ConflictError']
  expect(names.map((name) => describeError(make[name]?.(errors)))).toEqual(['not found', 'bad', 'log in', 'no token', 'http_409'])
})

/** As inspections, loggers and reporters of errors show it, hidden members and getters included. */
function shownOf(error: Error): string {
  const names = Object.getOwnPropertyNames(error)
  return [
    inspect(error, { showHidden: true, depth: 10 }),
    inspect(error, { showHidden: true, depth: 10, getters: true }),
    JSON.stringify(error),
    JSON.stringify({ ...error }),
    JSON.stringify(error, names),
    JSON.stringify(Object.fromEntries(names.map((name) => [name, Reflect.get(error, name)]))),
  ].join()
}

test('what the server answered is in no inspection of a status error, hidden members included', () => {
  const details = { status: 400, headers: new Headers({ 'set-cookie': 'canary' }), body: 'canary', data: { token: 'canary' } }
  const error = new BadRequestError('GET https://api.example.com/: answered 400', details)
  expect([error.headers.get('set-cookie'), error.body, error.data]).toEqual(['canary', 'canary', { token: 'canary' }])
  expect(shownOf(error)).not.toContain('canary')
})

test('a copy made of its enumerable members shows nothing that the server answered', () => {
  const error = new HttpStatusError('m', status(418))
  expect(Object.keys({ ...error })).not.toContain('body')
  expect(Object.getOwnPropertyNames(error)).not.toEqual(expect.arrayContaining(['headers', 'body', 'data']))
})

test('the issues of a schema name what is wrong and where, and nothing of the body is in any inspection of them', () => {
  const input = { password: 'canary' }
  const path = [{ type: 'object', origin: 'value', input, key: 'password', value: 'canary' }, 0]
  const issues = [{ kind: 'schema', type: 'number', input: 'canary', received: '"canary"', message: 'not a number', path }]
  const quoting = new errors.SchemaValidationError('m', { issues: [{ message: 'canary is no number' }] })
  expect(shownOf(quoting)).not.toContain('canary')
  const error = new errors.SchemaValidationError('m', { issues })
  expect(error.issues).toEqual([{ message: 'not a number', path: ['password', 0] }])
  expect(shownOf(error)).not.toContain('canary')
  expect(JSON.stringify(error.issues)).not.toContain('canary')
  expect(new errors.SchemaValidationError('m', { issues: [{ message: 'odd' }] }).issues).toEqual([{ message: 'odd' }])
})
