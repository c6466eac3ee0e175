const { ClientCredentialsTokenProvider, HttpClient, TokenManager } = require('requestforge')
const { mockTransport, startOAuthServer } = require('requestforge/testing')
const { UserDirectory } = require('../src/user-directory.js')

const baseUrl = 'https://api.example.com'

test('a user that does not exist is undefined', async () => {
  const transport = mockTransport([{ method: 'GET', url: '/users/9', status: 404 }])
  expect(await new UserDirectory(new HttpClient({ baseUrl, transport })).nameOf(9)).toBeUndefined()
})

describe('with a real OAuth server', () => {
  let server
  beforeEach(async () => {
    server = await startOAuthServer({ clients: [{ clientId: 'id', clientSecret: 'secret' }] })
  })
  afterEach(() => server.close())

  test('fifty requests share one token request', async () => {
    const { tokenUrl } = server
    const provider = new ClientCredentialsTokenProvider({
      tokenUrl,
      clientId: 'id',
      clientSecret: 'secret',
      serviceName: 'directory',
    })
    const transport = mockTransport([{ url: '/users/1', json: { name: 'Ada' }, times: 50 }])
    const client = new HttpClient({ baseUrl, tokenAuth: { tokenManager: new TokenManager({ provider }) }, transport })
    const directory = new UserDirectory(client)

    const names = await Promise.all(Array.from({ length: 50 }, () => directory.nameOf(1)))
    expect(new Set(names)).toEqual(new Set(['Ada']))
    expect(server.requests).toHaveLength(1)
    transport.assertDone()
  })
})
