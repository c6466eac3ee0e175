import { type AccessToken, HttpClient, HttpClientError, NotFoundError, type TokenSource } from '@requestforge/core'
import { startApi } from './api.ts'

/** Your own source of tokens: a vault, a file that something else renews, a sidecar. */
class VaultTokenSource implements TokenSource {
  #version = 1

  async getToken(): Promise<AccessToken> {
    return { accessToken: `from-the-vault-${this.#version}` }
  }

  // Optional: without it a 401 is final.
  async replaceToken(rejected: AccessToken): Promise<AccessToken> {
    const held = await this.getToken()
    // Somebody may have replaced it already.
    if (held.accessToken !== rejected.accessToken) return held
    this.#version += 1
    return this.getToken()
  }
}

// In place of your API; it has stopped taking the first token.
await using api = await startApi('from-the-vault-2')

await using client = new HttpClient({
  baseUrl: api.url,
  tokenAuth: { tokenManager: new VaultTokenSource() },
  hooks: [
    {
      onRetry: ({ request, kind }) => console.log(`  ${request.method} is sent again (${kind})`),
      afterResponse: ({ status, elapsedMs }) => console.log(`  ${status} after ${Math.round(elapsedMs)} ms`),
    },
  ],
})

const user = await client.get('/users/1').json<{ name: string }>()
console.log(user.name)

try {
  await client.get('/users/3')
} catch (error) {
  if (error instanceof NotFoundError) console.log(`There is no such user: ${error.message}`)
  else if (error instanceof HttpClientError) console.log(`${error.code}, worth another try: ${error.retryable}`)
  else throw error
}
