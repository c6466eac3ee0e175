import { readFileSync, rmSync } from 'node:fs'
import { ConfigurationError } from '@requestforge/core/errors'
import { tokenStorageContract } from '@requestforge/testing'
import { createClient } from 'redis'
import { describe, expect, it, vi } from 'vitest'
import { RedisTokenStorage } from '../src/index.ts'
import { makeCertificate } from './fixtures/certificates.ts'
import { eventually, leaseOf, openStorage, rejection } from './fixtures/open-storage.ts'
import { startRedisCluster } from './fixtures/redis-cluster.ts'
import { freePort, hasRedisServer, startRedisServer } from './fixtures/redis-server.ts'

const password = 'planted-canary-password'

/** Nothing that can be seen of an error may hold the password. */
function expectNoSecret(error: unknown): void {
  const { inspect } = process.getBuiltinModule('node:util')
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password)
}

describe.skipIf(!hasRedisServer)('a Redis that wants another password', () => {
  it.each([
    ['a wrong one', `redis://:${password}@`, /WRONGPASS/],
    ['none', 'redis://', /NOAUTH/],
  ])('is a misconfiguration, not an outage, by a URL with %s', async (_name, start, message) => {
    await using server = await startRedisServer({ args: ['--requirepass', 'right'], admin: { password: 'right' } })
    await using open = openStorage({ url: `${start}127.0.0.1:${server.port}` })
    for (let round = 0; round < 2; round++) {
      const { error } = await rejection(open.storage.get('k'))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toMatch(message)
      expectNoSecret(error)
    }
    expect(open.told).toEqual([])
  })

  it('is one by a client of the user too, which goes on trying for ever', async () => {
    await using server = await startRedisServer({ args: ['--requirepass', 'right'], admin: { password: 'right' } })
    const client = createClient({ url: `redis://:${password}@127.0.0.1:${server.port}` })
    await using open = openStorage({ client, timeoutMs: 500 })
    const connecting = client.connect().catch(() => undefined)
    // The client has to have been refused by then.
    await eventually(async () => {
      const { error } = await rejection(open.storage.get('k'))
      expectNoSecret(error)
      return error instanceof ConfigurationError
    })
    client.destroy()
    await connecting
  })

  it('gives the token once the password is right', async () => {
    await using server = await startRedisServer({ args: ['--requirepass', 'right'], admin: { password: 'right' } })
    await using open = openStorage({ url: `redis://:wrong@127.0.0.1:${server.port}` })
    await rejection(open.storage.get('k'))
    await server.command('CONFIG', 'SET', 'requirepass', 'wrong')
    await eventually(() =>
      open.storage.get('k').then(
        (token) => token === undefined,
        () => false,
      ),
    )
  })
})

/** All that the storage needs of Redis. */
const commands =
  '+evalsha +eval +time +hget +hset +hdel +type +del +pttl +pexpire +persist +publish +subscribe +unsubscribe +ping +hello +auth'

describe.skipIf(!hasRedisServer)('an ACL user that may do no more than it must, over TLS', () => {
  it('fulfils the contract of storages', { timeout: 60_000 }, async () => {
    const certificate = makeCertificate()
    const port = await freePort()
    const tls = ['--tls-port', String(port), '--tls-cert-file', certificate.certPath, '--tls-key-file', certificate.keyPath]
    const more = ['--tls-ca-cert-file', certificate.certPath, '--tls-auth-clients', 'no']
    await using server = await startRedisServer({ args: [...tls, ...more] })
    await server.command(
      'ACL',
      'SETUSER',
      'app',
      'on',
      `>${password}`,
      '~app:*',
      'resetchannels',
      '&app:*',
      '-@all',
      ...commands.split(' '),
    )
    const connect = () => {
      const socket = { host: '127.0.0.1', port, tls: true as const, ca: certificate.pem }
      return createClient({ username: 'app', password, socket })
        .on('error', () => undefined)
        .connect()
    }
    const [client, otherClient] = [await connect(), await connect()]
    const [storage, other] = [client, otherClient].map(
      (each) => new RedisTokenStorage({ client: each, keyPrefix: 'app', timeoutMs: 10_000 }),
    )
    if (storage === undefined) throw new Error('no storage')
    await Promise.all(tokenStorageContract(() => ({ storage, other })).map(({ run }) => run()))
    await Promise.all([storage.close(), other?.close()])
    client.destroy()
    otherClient.destroy()
    rmSync(certificate.folder, { recursive: true })
  })

  it('needs one right more where the URL names a database, and it is the one that the README tells', async () => {
    await using server = await startRedisServer()
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const [, always = '', more = ''] = /needs besides.*?`(evalsha[^`]*)`, and `(\w+)` where/s.exec(readme) ?? []
    const rights = always.split(/\s+/).map((command) => `+${command}`)
    await server.command('ACL', 'SETUSER', 'app', 'on', `>${password}`, '~app:*', 'resetchannels', '&app:*', '-@all', ...rights)
    const options = { url: `redis://app:${password}@127.0.0.1:${server.port}/1`, keyPrefix: 'app' }
    await using refused = openStorage(options)
    expect((await rejection(refused.storage.get('k'))).error).toBeInstanceOf(ConfigurationError)
    await server.command('ACL', 'SETUSER', 'app', `+${more}`)
    await using open = openStorage(options)
    await open.storage.set('k', { accessToken: 'a' })
    expect(await open.storage.get('k')).toMatchObject({ accessToken: 'a' })
  })

  it.each([
    ['the key', ['~other:*', '&*', '+@all'], /redis refuses this user/],
    ['the scripts', ['~*', '&*', '+@all', '-evalsha'], /redis refuses this user/],
    ['a command in a script', ['~*', '&*', '+@all', '-hset'], /redis refuses this user/],
    ['the channel', ['~*', 'resetchannels', '+@all'], /redis refuses this user/],
  ])('is told what it may not do: %s', async (_name, rights, message) => {
    await using server = await startRedisServer()
    await server.command('ACL', 'SETUSER', 'app', 'on', `>${password}`, ...rights)
    await using open = openStorage({ url: `redis://app:${password}@127.0.0.1:${server.port}` })
    const renew = async () => {
      const lease = leaseOf(await open.storage.coordinator.claim('k', { newerThan: 0, leaseMs: 1_000 }))
      await lease.commit({ accessToken: 'a' }, {})
    }
    const { error } = await rejection(renew())
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(message)
    expectNoSecret(error)
  })
})

describe.skipIf(!hasRedisServer)('a Redis that has no such database', () => {
  it('is a misconfiguration, not an outage', async () => {
    await using server = await startRedisServer()
    await using open = openStorage({ url: `${server.url}/99` })
    for (let round = 0; round < 2; round++) {
      const { error } = await rejection(open.storage.get('k'))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toMatch(/redis refuses the database: .*out of range/)
    }
    expect(open.told).toEqual([])
  })
})

describe.skipIf(!hasRedisServer)('a cluster', () => {
  it('is a misconfiguration, not an outage, to a client of one node', { timeout: 60_000 }, async () => {
    await using nodes = new AsyncDisposableStack()
    const [node] = (await startRedisCluster()).map((started) => nodes.use(started))
    await using open = openStorage({ url: node?.url ?? '' })
    const asked = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => open.storage.get(`k${index}`)))
    const refused = asked.filter((answer) => answer.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(ConfigurationError)
      expect(reason.message).toMatch(/redis refuses a client of one node.*createCluster\(\): MOVED/)
    }
    expect(open.told).toEqual([])
  })
})

describe.skipIf(!hasRedisServer)('a Redis that does not know a command', () => {
  it('shows nothing of the token that was to be stored', async () => {
    await using server = await startRedisServer({ args: ['--rename-command', 'EVALSHA', ''] })
    await using open = openStorage({ url: server.url, keyPrefix: 'p' })
    const told: unknown[] = []
    open.storage.on('unavailable', ({ error }) => told.push(error))
    const { error } = await rejection(open.storage.set('k', { accessToken: password, refreshToken: password }))
    expect(error.message).toMatch(/unknown command .EVALSHA.$/)
    for (const shown of [error, ...told]) expectNoSecret(shown)
  })

  it.each(['EVALSHA', 'EVAL', 'TIME', 'HSET', 'PUBLISH'])('is a misconfiguration, not an outage: %s', async (command) => {
    await using server = await startRedisServer({ args: ['--rename-command', command, ''] })
    await using open = openStorage({ url: server.url })
    for (let round = 0; round < 2; round++) {
      const { error } = await rejection(open.storage.set('k', { accessToken: 'a' }))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toMatch(/redis refuses a command that the storage needs: .*unknown/i)
    }
    expect(open.told).toEqual([])
  })
})

describe('without the package redis', () => {
  it('a URL is a misconfiguration that says what to install', async () => {
    vi.doMock('redis', () => {
      throw new Error("Cannot find package 'redis'")
    })
    await using open = openStorage({ url: 'redis://127.0.0.1:1' })
    for (let round = 0; round < 2; round++) {
      const { error } = await rejection(open.storage.get('k'))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toMatch(/npm install redis/)
    }
    vi.doUnmock('redis')
  })
})
