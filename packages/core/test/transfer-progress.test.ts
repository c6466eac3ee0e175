import { describe, expect, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import type { TransferProgress } from '../src/transfer-progress.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback } from './fixtures/loopback.ts'

describe.each([
  ['undici', undefined],
  ['a fetch', (url: string, init: RequestInit) => fetch(url, init)],
])('over %s', (_name, transport) => {
  test('a download tells how far it is', async () => {
    const { origin } = await loopback((_request, response) =>
      response.writeHead(200, { 'content-length': '200000' }).end('x'.repeat(200_000)),
    )
    const told: TransferProgress[] = []
    const client = new HttpClient({ baseUrl: origin, transport })
    await client.get('/', { onDownloadProgress: (progress) => void told.push(progress) })
    expect(told.at(-1)).toEqual({ transferredBytes: 200_000, totalBytes: 200_000 })
    const counts = told.map(({ transferredBytes }) => transferredBytes)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  })

  test('an upload tells how far it is, anew for each send', async () => {
    const { origin } = await loopback((_request, response, count) => response.writeHead(count === 1 ? 503 : 200).end())
    const told: TransferProgress[] = []
    const client = new HttpClient({ baseUrl: origin, transport, retryStrategy: { nextDelay: () => 0 } })
    await client.put('/', { body: 'twelve bytes', onUploadProgress: (progress) => void told.push(progress) })
    expect(told).toEqual([
      { transferredBytes: 12, totalBytes: 12 },
      { transferredBytes: 12, totalBytes: 12 },
    ])
  })

  test('a streamed upload has no total', async () => {
    const { origin } = await loopback((_request, response) => response.end())
    const told: TransferProgress[] = []
    const body = new Blob(['x'.repeat(1_000)]).stream()
    await new HttpClient({ baseUrl: origin, transport }).post('/', {
      body,
      onUploadProgress: (progress) => void told.push(progress),
    })
    expect(told.at(-1)).toEqual({ transferredBytes: 1_000, totalBytes: undefined })
  })

  test('a listener that throws ends its request with what it threw, and nothing is sent again', async () => {
    const { origin } = await loopback((_request, response) => response.end('x'))
    const cause = new Error('the progress bar broke')
    const onDownloadProgress = (): never => {
      throw cause
    }
    const retryStrategy = { nextDelay: () => 0 }
    const client = new HttpClient({ baseUrl: origin, transport, retryStrategy })
    expect(await failureOf(client.get('/', { onDownloadProgress }))).toBe(cause)
  })
})
