import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpClient, TokenManager } from 'requestforge'
import { fakeToken, MockTokenProvider, mockTransport } from 'requestforge/testing'
import { UserDirectory } from '../src/user-directory.ts'

test('a rejected token is replaced, and the user found all the same', async () => {
  const provider = new MockTokenProvider({ tokens: [fakeToken({ accessToken: 'old' }), fakeToken({ accessToken: 'new' })] })
  const transport = mockTransport([
    { method: 'GET', url: '/users/1', status: 401 },
    { method: 'GET', url: '/users/1', json: { name: 'Ada' } },
  ])
  const tokenManager = new TokenManager({ provider })
  const client = new HttpClient({ baseUrl: 'https://api.example.com', tokenAuth: { tokenManager }, transport })

  assert.equal(await new UserDirectory(client).nameOf(1), 'Ada')
  assert.deepEqual(
    transport.requests.map(({ headers }) => headers['authorization']),
    ['Bearer old', 'Bearer new'],
  )
  transport.assertDone()
})
