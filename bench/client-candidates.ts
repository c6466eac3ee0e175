import { createRequire } from 'node:module'
import type * as Undici from 'undici'
import { HttpClient } from '../packages/core/src/http-client.ts'

/** One GET, parsed. */
export type Candidate = (path: string) => Promise<unknown>

const fromCore = createRequire(new URL('../packages/core/package.json', import.meta.url))
const token = `eyJ${'a'.repeat(737)}`
const authorization = `Bearer ${token}`

/** What is measured: ours, what it stands on, and what people use today. */
export function candidates(origin: string): ReadonlyMap<string, Candidate> {
  const undici = fromCore('undici') as typeof Undici
  const { ofetch } = fromCore('ofetch') as { ofetch: (url: string, options: object) => Promise<unknown> }
  const pool = new undici.Pool(origin, { connections: 64, pipelining: 1 })
  const held = { accessToken: token }
  const tokenManager = { getToken: async () => held, peekToken: () => held, replaceToken: async () => held }
  const client = new HttpClient({ baseUrl: origin, poolMaxsize: 64, tokenAuth: { tokenManager } })
  return new Map<string, Candidate>([
    ['requestforge', (path) => client.get(path).json()],
    ['undici dispatch', (path) => dispatched(pool, path)],
    ['undici.request', async (path) => (await pool.request({ method: 'GET', path, headers: { authorization } })).body.json()],
    ['ofetch', (path) => ofetch(origin + path, { headers: { authorization } })],
    ['global fetch', async (path) => (await fetch(origin + path, { headers: { authorization } })).json()],
  ])
}

/** The least that can be done on undici: a handler that collects the body. */
function dispatched(pool: Undici.Pool, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    pool.dispatch(
      { method: 'GET', path, headers: { authorization } },
      {
        onConnect: () => undefined,
        onHeaders: () => true,
        onData: (chunk) => chunks.push(chunk) > 0,
        onComplete: () => resolve(JSON.parse(Buffer.concat(chunks).toString())),
        onError: reject,
      },
    )
  })
}
