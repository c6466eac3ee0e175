import { once } from 'node:events'
import { createServer } from 'node:http'
import { TokenManager } from 'requestforge'
import { tokenProviderContract } from 'requestforge/testing'
import { LegacyTokenProvider } from './legacy-token-provider.ts'

// In place of the legacy endpoint.
const grants: string[] = []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  grants.push(JSON.parse(body).grant)
  response.end(
    JSON.stringify({ session: `session-${grants.length}`, valid_for: 3600, refresh_token: `refresh-${grants.length}` }),
  )
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : undefined}/session`

await using tokenManager = new TokenManager({ provider: new LegacyTokenProvider(url, 'an-api-key') })
const tokens = await Promise.all([tokenManager.getToken(), tokenManager.getToken(), tokenManager.getToken()])
console.log(`Three callers, one token: ${new Set(tokens.map(({ accessToken }) => accessToken)).size === 1}`)
await tokenManager.forceRefresh()
console.log(`The endpoint saw: ${grants.join(', ')}`)
if (grants.join() !== 'api-key,refresh') throw new Error('one fetch and one refresh were expected')

// The testing package knows what a manager relies on: cases for any test runner.
for (const { name, run } of tokenProviderContract(() => new LegacyTokenProvider(url, 'an-api-key'))) {
  await run()
  console.log(`  ✓ ${name}`)
}
server.close()
