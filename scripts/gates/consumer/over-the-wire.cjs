// What must hold on every runtime, over its own sockets: tokens go to their origin alone, a 401 is recovered, every wait ends.
const { createServer } = require('node:http')

module.exports = async function overTheWire({ requestforge, testing, core }) {
  const oauth = await testing.startOAuthServer({ clients: [{ clientId: 'id', clientSecret: 'secret' }] })
  const foreign = await listen((request, response) =>
    json(response, 200, { authorization: request.headers.authorization ?? 'none' }),
  )
  let rejected = 'none yet'
  const api = await listen((request, response) => {
    const { authorization } = request.headers
    if (request.url === '/foreign') return response.writeHead(302, { location: `${foreign.origin}/` }).end()
    if (request.url === '/near') return response.writeHead(302, { location: '/echo' }).end()
    if (request.url === '/hangs') return response.writeHead(200, { 'content-type': 'text/plain' }).write('beginning')
    if (request.url === '/picky' && rejected === 'none yet') {
      rejected = authorization
      return json(response, 401, {})
    }
    json(response, authorization === rejected ? 401 : 200, { authorization: authorization ?? 'none', method: request.method })
  })
  const provider = new requestforge.ClientCredentialsTokenProvider({
    tokenUrl: oauth.tokenUrl,
    clientId: 'id',
    clientSecret: 'secret',
    serviceName: 'api',
  })
  const tokenManager = new requestforge.TokenManager({ provider })
  const client = new requestforge.HttpClient({
    baseUrl: api.origin,
    tokenAuth: { tokenManager, excludedPaths: ['/open'] },
    retryStrategy: new requestforge.ExponentialBackoffRetryStrategy({ maxRetries: 1, baseDelayMs: 1 }),
  })
  try {
    equal((await client.get('/open').json()).authorization, 'none', 'an excluded path')
    equal((await client.get('/foreign').json()).authorization, 'none', 'a redirect to another origin')
    const near = await client.get('/near').json()
    equal(near.authorization.startsWith('Bearer '), true, 'a redirect at home')
    const fresh = (await client.get('/picky').json()).authorization
    equal(fresh !== rejected && fresh.startsWith('Bearer '), true, 'a rejected token')
    equal(oauth.requests.length, 2, 'token requests')
    equal((await client.post('/echo', { json: { a: 1 } }).json()).method, 'POST', 'a body')
    const late = await client.get('/hangs', { timeoutMs: 300, retryStrategy: false }).catch((error) => error)
    equal(late instanceof core.RequestTimeoutError && late.phase === 'body', true, `a body that never ends: ${late}`)
    const reason = new Error('enough')
    const aborted = await client.get('/hangs', { signal: abortedSoon(reason) }).catch((error) => error)
    equal(aborted, reason, 'an abort')
    const gone = await client.get('http://127.0.0.1:1/', { retryStrategy: false }).catch((error) => error)
    equal(gone instanceof core.ConnectionError, true, `nobody listens: ${gone}`)
  } finally {
    await client.close()
    await tokenManager.close()
    await Promise.all([oauth.close(), foreign.close(), api.close()])
  }
}

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`)
}

function abortedSoon(reason) {
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 100)
  return controller.signal
}

function json(response, status, value) {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
}

async function listen(handler) {
  const server = createServer(handler)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
