// What every kind of consumer does with the packages: a token from the test server, shared by callers, sent to an API.
module.exports = async function exercise({ requestforge, testing, retry, core }) {
  const server = await testing.startOAuthServer({ clients: [{ clientId: 'id', clientSecret: 'secret' }] })
  try {
    const provider = new requestforge.ClientCredentialsTokenProvider({
      tokenUrl: server.tokenUrl,
      clientId: 'id',
      clientSecret: 'secret',
      serviceName: 'api',
    })
    const tokenManager = new requestforge.TokenManager({ provider, storage: new requestforge.InMemoryTokenStorage() })
    const transport = testing.mockTransport(
      Array.from({ length: 5 }, () => ({ method: 'GET', url: 'https://api.example.com/users', json: [1] })),
    )
    const client = new requestforge.HttpClient({
      baseUrl: 'https://api.example.com',
      tokenAuth: { tokenManager },
      transport,
      retryStrategy: new retry.SimpleRetryStrategy(),
    })
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.get('/users').json()))
    if (JSON.stringify(answers) !== '[[1],[1],[1],[1],[1]]') throw new Error(`unexpected answers ${JSON.stringify(answers)}`)
    if (server.requests.length !== 1) throw new Error(`${server.requests.length} token requests instead of 1`)
    let error
    try {
      new requestforge.ClientCredentialsTokenProvider({
        tokenUrl: 'nonsense',
        clientId: 'id',
        clientSecret: 'secret',
        serviceName: 'api',
      })
    } catch (caught) {
      error = caught
    }
    // Copies of the errors are inlined into several packages; they must know each other.
    if (!(error instanceof core.ConfigurationError)) throw new Error(`not a ConfigurationError of core: ${error}`)
    let inlined
    try {
      new retry.SimpleRetryStrategy({ delayMs: -1 })
    } catch (caught) {
      inlined = caught
    }
    if (!(inlined instanceof core.ConfigurationError)) throw new Error(`not a ConfigurationError of core: ${inlined}`)
  } finally {
    await server.close()
  }
}
