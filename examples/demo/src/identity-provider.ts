import { listen } from './listen.ts'

/** A real OAuth server, and what it was asked. */
export interface IdentityProvider extends AsyncDisposable {
  readonly origin: string
  readonly tokenUrl: string
  /** How many requests for a token have come. */
  readonly tokenRequests: number
  /** Asks it, as an API does, whether a token is good now (RFC 7662). */
  isActive(accessToken: string): Promise<boolean>
  /** Ends a token, as an administrator does (RFC 7009). */
  revoke(accessToken: string): Promise<void>
}

/** What a client of this server is called. Its tokens live for ten minutes, those of the second for two seconds. */
export const clientIds = { lasting: 'lasting-tokens', brief: 'brief-tokens' } as const
export const clientSecret = 'a-secret-of-the-demonstration'
export const briefLifetimeMs = 2_000

/** Starts oidc-provider in this process. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const Provider = await quietly(async () => (await import('oidc-provider')).default)
  let tokenRequests = 0
  const listening = await listen((origin) => {
    const handle = new Provider(origin, configuration).callback()
    return (request, response) => {
      if (request.url === '/token') tokenRequests += 1
      handle(request, response)
    }
  })
  const { origin } = listening
  return {
    origin,
    tokenUrl: `${origin}/token`,
    get tokenRequests() {
      return tokenRequests
    },
    isActive: async (token) => JSON.parse(await post(`${origin}/token/introspection`, token)).active === true,
    revoke: async (token) => {
      await post(`${origin}/token/revocation`, token)
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

const configuration = {
  clients: Object.values(clientIds).map((clientId) => ({
    client_id: clientId,
    client_secret: clientSecret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
  },
  scopes: ['read', 'write'],
  ttl: {
    ClientCredentials: (_context: object, _token: object, client: { readonly clientId: string }) =>
      client.clientId === clientIds.brief ? briefLifetimeMs / 1_000 : 600,
  },
}

async function post(url: string, token: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientIds.lasting}:${clientSecret}`)}` },
    body: new URLSearchParams({ token }),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response.text()
}

/** The server warns on the console that it is not set up for production, which here is meant. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { info, warn } = console
  for (const [level, print] of Object.entries({ info, warn })) {
    Object.assign(console, { [level]: (...line: unknown[]) => !String(line[0]).includes('oidc-provider') && print(...line) })
  }
  return load()
}
