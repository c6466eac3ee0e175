import { createRequire } from 'node:module'
import type * as Undici from 'undici'
import { HttpClient } from '../packages/core/src/http-client.ts'
import { TokenManager } from '../packages/oauth/src/index.ts'

/** One GET, parsed. */
export type Candidate = (path: string) => Promise<unknown>

type Get = (url: string, options: object) => Promise<unknown>

const fromCore = createRequire(new URL('../packages/core/package.json', import.meta.url))
const fromPeers = createRequire(new URL('peers/package.json', import.meta.url))
/** As long as a JSON Web Token with a few claims. */
const token = `eyJ${'a'.repeat(737)}`
const headers = { authorization: `Bearer ${token}` }
/** For those that have a pool to be set. */
export const connections = 64

/** What is measured, each as its own documentation shows it: ours, what it stands on, and what people use today. */
export async function candidates(origin: string): Promise<ReadonlyMap<string, Candidate>> {
  const undici = fromCore('undici') as typeof Undici
  const pool = new undici.Pool(origin, { connections, pipelining: 1 })
  const client = await managedClient(origin)
  return new Map<string, Candidate>([
    ['requestforge', (path) => client.get(path).json()],
    ['undici dispatch', (path) => dispatched(pool, path)],
    ['undici Pool.request', async (path) => (await pool.request({ method: 'GET', path, headers })).body.json()],
    ['undici.request', async (path) => (await undici.request(origin + path, { headers })).body.json()],
    ['fetch', async (path) => (await fetch(origin + path, { headers })).json()],
    ...(await peers(origin)),
  ])
}

/** Ours, with a token of a TokenManager; the patterns are of paths that go without one. */
export async function managedClient(origin: string, excludedPathPatterns: readonly string[] = []): Promise<HttpClient> {
  const fetchToken = async () => ({ accessToken: token, expiresAt: Date.now() + 86_400_000 })
  const tokenManager = new TokenManager({ provider: { serviceName: 'bench', fetchToken } })
  await tokenManager.getToken()
  return new HttpClient({ baseUrl: origin, poolMaxsize: connections, tokenAuth: { tokenManager, excludedPathPatterns } })
}

async function peers(origin: string): Promise<readonly (readonly [string, Candidate])[]> {
  // Their types are not installed with the workspace: what is called here is said here.
  const { ofetch } = fromCore('ofetch') as { ofetch: Get }
  const { default: ky } = (await import(fromPeers.resolve('ky'))) as { default: (url: string, options: object) => Body }
  const { default: got } = (await import(fromPeers.resolve('got'))) as { default: (url: string, options: object) => Body }
  const axios = fromPeers('axios') as { get(url: string, options: object): Promise<{ data: unknown }> }
  const { OAuth2Client } = fromPeers('google-auth-library') as { OAuth2Client: new () => GoogleClient }
  const google = new OAuth2Client()
  google.setCredentials({ access_token: token, expiry_date: Date.now() + 86_400_000 })
  return [
    ['ofetch', (path) => ofetch(origin + path, { headers })],
    ['ky', (path) => ky(origin + path, { headers }).json()],
    ['axios', async (path) => (await axios.get(origin + path, { headers })).data],
    ['got', (path) => got(origin + path, { headers }).json()],
    ['google-auth request', async (path) => (await google.request({ url: origin + path })).data],
  ]
}

interface Body {
  json(): Promise<unknown>
}

interface GoogleClient {
  setCredentials(credentials: object): void
  request(options: object): Promise<{ data: unknown }>
}

/** The least that can be done on undici: a handler that collects the body. */
function dispatched(pool: Undici.Pool, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    pool.dispatch(
      { method: 'GET', path, headers },
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
