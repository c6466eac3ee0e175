// A worker that does with requestforge what a worker does, and tells what came of it.
import { ClientCredentialsTokenProvider, HttpClient, TokenManager } from 'requestforge'

export default {
  async fetch(request) {
    const origin = new URL(request.url).searchParams.get('origin')
    const provider = new ClientCredentialsTokenProvider({
      tokenUrl: `${origin}/token`,
      clientId: 'id',
      clientSecret: 'secret',
      serviceName: 'api',
    })
    const tokenManager = new TokenManager({ provider })
    const client = new HttpClient({ baseUrl: origin, tokenAuth: { tokenManager } })
    const herd = await Promise.all(Array.from({ length: 5 }, () => client.get('/echo').json()))
    const replaced = await client.get('/picky').json()
    const posted = await client.post('/echo', { json: { a: 1 } }).json()
    const redirected = await client.get('/redirect').json()
    const streamed = await client.get('/echo', { stream: true })
    const missing = await client.get('/missing').catch((error) => error.name)
    const late = await client.get('/hangs', { timeoutMs: 200 }).catch((error) => error.name)
    const results = { replaced, posted, redirected, missing, late, streamed: JSON.parse(await streamed.text()) }
    await client.close()
    await tokenManager.close()
    return Response.json({ herd: [...new Set(herd.map(({ authorization }) => authorization))], ...results })
  },
}
