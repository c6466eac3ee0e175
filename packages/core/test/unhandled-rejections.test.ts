import { describe, expect, test } from 'vitest'
import type { HttpClientConfig } from '../src/config.ts'
import { ClientClosedError, ConfigurationError } from '../src/errors.ts'
import type { Hooks } from '../src/hooks.ts'
import { HttpClient } from '../src/http-client.ts'
import type { RequestOptions } from '../src/request-options.ts'
import type { RetryStrategy } from '../src/retry-strategy.ts'
import { failureOf } from './fixtures/failure.ts'
import { settle } from './fixtures/manual-clock.ts'
import { unhandledRejections } from './fixtures/unhandled-rejections.ts'

const baseUrl = 'http://api.example'
const late = async (): Promise<never> => {
  await undefined
  throw new Error('nobody waits for this')
}
const answering = (status: number) => async (): Promise<Response> => new Response('{}', { status })

/** How a call ends, and what is left unhandled behind it. */
async function ended(
  config: HttpClientConfig,
  options: RequestOptions = {},
): Promise<{ failure: unknown; unhandled: readonly unknown[] }> {
  const unhandled = unhandledRejections()
  const client = new HttpClient({ baseUrl, transport: answering(200), ...config })
  const work = options.schema === undefined ? client.post('/', options as object) : client.post('/', options as object).json()
  const failure = await failureOf(work)
  await settle()
  return { failure, unhandled }
}

describe('a hook that ends the call before its first wait, and rejects', () => {
  const kinds = ['beforeRequest', 'afterResponse', 'onError'] as const

  test.each(kinds)('%s, by an abort', async (name) => {
    const stop = new AbortController()
    const hook = (): Promise<never> => {
      stop.abort(new Error('enough'))
      return late()
    }
    const transport = answering(name === 'onError' ? 500 : 200)
    const { failure, unhandled } = await ended({ transport, hooks: [{ [name]: hook }] }, { signal: stop.signal })
    expect(failure).toMatchObject({ message: 'enough' })
    expect(unhandled).toEqual([])
  })

  test('onRetry, by an abort', async () => {
    const stop = new AbortController()
    const onRetry = (): Promise<never> => {
      stop.abort(new Error('enough'))
      return late()
    }
    const retryStrategy = { nextDelay: () => 0 }
    const options = { signal: stop.signal, idempotencyKey: 'a' }
    const { failure, unhandled } = await ended({ transport: answering(503), retryStrategy, hooks: [{ onRetry }] }, options)
    expect(failure).toMatchObject({ message: 'enough' })
    expect(unhandled).toEqual([])
  })

  test('beforeRequest, by closing the client', async () => {
    const unhandled = unhandledRejections()
    const beforeRequest = (): Promise<never> => {
      void client.close()
      return late()
    }
    const client = new HttpClient({ baseUrl, hooks: [{ beforeRequest }], transport: answering(200) })
    expect(await failureOf(client.get('/'))).toBeInstanceOf(ClientClosedError)
    await settle()
    expect(unhandled).toEqual([])
  })
})

test('a beforeRequest hook that ends the call is the last that is asked', async () => {
  const stop = new AbortController()
  const asked: string[] = []
  const hooks: Hooks[] = [
    { beforeRequest: () => stop.abort(new Error('enough')) },
    {
      beforeRequest: () => {
        asked.push('second')
        return late()
      },
    },
  ]
  const { failure, unhandled } = await ended({ hooks }, { signal: stop.signal })
  expect(failure).toMatchObject({ message: 'enough' })
  expect(asked).toEqual([])
  expect(unhandled).toEqual([])
})

describe('what ends the call before its first wait, and rejects', () => {
  test.each([
    ['a middleware', (end: () => Promise<never>): HttpClientConfig => ({ middleware: [() => end] })],
    ['a token source', (end: () => Promise<never>): HttpClientConfig => ({ tokenAuth: { tokenManager: { getToken: end } } })],
  ])('%s', async (_what, configOf) => {
    const stop = new AbortController()
    const config = configOf(() => {
      stop.abort(new Error('enough'))
      return late()
    })
    const { failure, unhandled } = await ended(config, { signal: stop.signal })
    expect(failure).toMatchObject({ message: 'enough' })
    expect(unhandled).toEqual([])
  })

  test('a schema', async () => {
    const stop = new AbortController()
    const validate = (): Promise<never> => {
      stop.abort(new Error('enough'))
      return late()
    }
    const schema = { '~standard': { version: 1, vendor: 'own', validate } } as const
    const { failure, unhandled } = await ended({}, { schema, signal: stop.signal })
    expect(failure).toMatchObject({ message: 'enough' })
    expect(unhandled).toEqual([])
  })
})

describe('a promise where none is wanted is refused or left alone, and its rejection ends no process', () => {
  test('a body', async () => {
    const { failure, unhandled } = await ended({}, { body: late() as never })
    expect(failure).toBeInstanceOf(ConfigurationError)
    expect(unhandled).toEqual([])
  })

  test('json', async () => {
    const { failure, unhandled } = await ended({}, { json: late() })
    expect(failure).toMatchObject({ code: 'configuration', option: 'json' })
    expect(unhandled).toEqual([])
  })

  test('what a body function gives', async () => {
    const { failure, unhandled } = await ended({}, { body: (() => late()) as never })
    expect(failure).toBeInstanceOf(ConfigurationError)
    expect(unhandled).toEqual([])
  })

  test('what peekToken() gives', async () => {
    const tokenManager = { getToken: late, peekToken: late as never }
    const { failure, unhandled } = await ended({ tokenAuth: { tokenManager } })
    expect(failure).toMatchObject({ code: 'authentication' })
    expect(unhandled).toEqual([])
  })

  test.each([
    ['nextDelay()', { nextDelay: late as never }],
    ['record() of a breaker', { nextDelay: () => undefined, breaker: { admit: () => undefined, record: late } }],
    ['admit() of a breaker', { nextDelay: () => undefined, breaker: { admit: late as never, record: () => undefined } }],
  ] satisfies [string, RetryStrategy][])('what %s gives', async (_what, retryStrategy) => {
    const { failure, unhandled } = await ended({ retryStrategy, transport: answering(503) }, { idempotencyKey: 'a' })
    expect(failure).toMatchObject({ retryable: true })
    expect(unhandled).toEqual([])
  })

  test('what nextDelay() of an auth retry strategy gives', async () => {
    const tokenManager = { getToken: async () => ({ accessToken: 't' }), replaceToken: async () => ({ accessToken: 'u' }) }
    const tokenAuth = { tokenManager, authRetryStrategy: { nextDelay: late as never } }
    const { failure, unhandled } = await ended({ tokenAuth, transport: answering(401) })
    expect(failure).toMatchObject({ status: 401 })
    expect(unhandled).toEqual([])
  })

  test('what a listener gives that was handed to whenSent', async () => {
    const { failure, unhandled } = await ended({ hooks: [{ beforeRequest: (_request, whenSent) => whenSent?.(late) }] })
    expect(failure).toBe('no failure')
    expect(unhandled).toEqual([])
  })

  test('what a progress listener gives', async () => {
    const { failure, unhandled } = await ended({}, { onDownloadProgress: late })
    expect(failure).toBe('no failure')
    expect(unhandled).toEqual([])
  })
})
