import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import type { HttpRequest } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import { encodeBody } from '../src/request-body.ts'
import { failureOf } from './fixtures/failure.ts'

describe('a body', () => {
  test('as JSON', () => {
    for (const json of [{ a: 1 }, null, 0, '', false, []]) {
      expect(encodeBody({ json })).toEqual({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(json),
        replayable: true,
      })
    }
  })

  test('as a form, in which arrays repeat', () => {
    const { headers, body } = encodeBody({ form: { a: [1, 2], b: 'x&y', c: undefined } })
    expect(headers).toEqual({ 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' })
    expect(body).toBe('a=1&a=2&b=x%26y')
  })

  test('as it is: all but a stream can be sent again', () => {
    for (const body of ['x', new Uint8Array(2), new Blob(['x']), new FormData(), new URLSearchParams('a=1')]) {
      expect(encodeBody({ body })).toMatchObject({ body, replayable: true })
    }
    const body = new ReadableStream<Uint8Array>()
    expect(encodeBody({ body })).toMatchObject({ body, replayable: false })
  })

  test('from a function, made anew for each send', () => {
    const make = (): string => 'x'
    expect(encodeBody({ body: make })).toMatchObject({ bodyFactory: make, replayable: true })
  })

  test('may be missing', () => {
    expect(encodeBody({ json: undefined })).toEqual({ headers: {}, replayable: true })
  })
})

describe('what cannot be sent names itself', () => {
  const foreign = (name: string, members: object): object => ({ ...members, [Symbol.toStringTag]: name })
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const locked = new ReadableStream<Uint8Array>()
  locked.getReader()

  test.each<[string, object, RegExp]>([
    ['a circle', { json: circular }, /^json cannot/],
    ['a bigint', { json: { a: 1n } }, /^json cannot/],
    ['a function', { json: () => 1 }, /^json cannot.*a function/],
    ['a promise', { json: Promise.resolve({ a: 1 }) }, /^json cannot be a promise: await it first/],
    ['a plain object', { body: { a: 1 } }, /did you mean `json`\?/],
    ['a list', { body: [1] }, /did you mean `json`\?/],
    ['a number', { body: 5 }, /^body must be/],
    ['a buffer', { body: new ArrayBuffer(2) }, /; wrap it in `new Uint8Array\(…\)`$/],
    ['a shared buffer', { body: new SharedArrayBuffer(2) }, /; wrap it in `new Uint8Array\(…\)`$/],
    ['a view', { body: new DataView(new ArrayBuffer(2)) }, /; wrap it in `new Uint8Array\(view\.buffer, /],
    ['words of 16 bits', { body: new Uint16Array(2) }, /; wrap it in `new Uint8Array\(view\.buffer, /],
    ['bytes of another realm', { body: runInNewContext('new Uint8Array(2)') }, /; wrap it in `new Uint8Array\(view\.buffer, /],
    ['a form of another library', { body: foreign('FormData', { pipe: () => undefined }) }, /; use the platform's FormData$/],
    ['a file of another library', { body: foreign('Blob', {}) }, /; use the platform's Blob$/],
    ['what JSON would lose', { body: new Map() }, /\(got a Map\)$/],
    ['a stream of Node', { body: { pipe: () => undefined } }, /Readable\.toWeb/],
    ['a stream that is being read', { body: locked }, /^body is a stream/],
    ['a form in one string', { form: 'password=canary' }, /^form must be an object/],
    ['a nested form', { form: { a: { b: 1 } } }, /^form\.a must be/],
  ])('%s', (_name, options, message) => {
    expect(() => encodeBody(options)).toThrow(ConfigurationError)
    expect(() => encodeBody(options)).toThrow(message)
    expect(() => encodeBody(options)).not.toThrow(/canary/)
  })
})

describe('what cannot be sent is a ConfigurationError that is not retried, whoever gives it', () => {
  const locked = (): ReadableStream<Uint8Array> => {
    const stream = new Blob(['x']).stream()
    stream.getReader()
    return stream
  }
  const given: readonly [string, unknown, RegExp][] = [
    ['a promise', Promise.resolve('x'), /a promise is not awaited/],
    ['an object', { a: 1 }, /did you mean `json`/],
    ['nothing', undefined, /body function gives must be/],
    ['a stream that somebody reads', locked(), /somebody else is reading/],
  ]
  const retryStrategy = { nextDelay: () => 0 }
  let sends = 0
  const transport = async (): Promise<Response> => {
    sends++
    return new Response('')
  }

  test.each(given)('a function that gives %s', async (_name, body, message) => {
    sends = 0
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, retryStrategy })
    const error = await failureOf(client.put('/', { body: (() => body) as never }))
    expect(error).toMatchObject({ code: 'configuration', option: 'body', message: expect.stringMatching(message) })
    expect(sends).toBe(0)
  })

  test('a hook that gives an object', async () => {
    sends = 0
    const hooks = [{ beforeRequest: (request: HttpRequest) => ({ ...request, body: { a: 1 } as never }) }]
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, retryStrategy, hooks })
    expect(await failureOf(client.put('/'))).toMatchObject({ code: 'configuration', option: 'body' })
    expect(sends).toBe(0)
  })
})

test.each(['json', 'form', 'body'] as const)('GET and HEAD take no %s, whatever the transport', async (option) => {
  const transport = async () => new Response('{}')
  const client = new HttpClient({ baseUrl: 'https://api.example', transport, retryStrategy: { nextDelay: () => 0 } })
  const given = { json: { json: { a: 1 } }, form: { form: { a: '1' } }, body: { body: () => 'a' } }[option]
  for (const method of ['GET', 'HEAD'] as const) {
    const error = await failureOf(client.request(method, '/', given))
    expect(error).toMatchObject({ code: 'configuration', option, message: expect.stringContaining(method) })
  }
  expect((await client.request('OPTIONS', '/', given)).status).toBe(200)
})
