import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makeCertificate } from '../../../storage-redis/test/fixtures/certificates.ts'
import { startRedisCluster } from '../../../storage-redis/test/fixtures/redis-cluster.ts'
import { freePort, startRedisServer } from '../../../storage-redis/test/fixtures/redis-server.ts'
import type { RedisWay } from './fixtures/messages.ts'
import { patienceMs, type Stage } from './fixtures/stage.ts'

/** The same on other kinds of Redis. */
export function describeOtherRedis(stage: Stage): void {
  const expectOneRequestEach = (redis: RedisWay): Promise<void> =>
    stage.play(async () => {
      await stage.open({ redis, patienceMs })
      stage.oauth.failNext({ delayMs: 200 })
      const cold = await stage.get()
      expect(cold).toMatchObject({ requests: 1, tokens: [expect.any(String)], errors: [] })
      stage.oauth.revoke()
      const storm = await stage.storm(cold.tokens[0] ?? '')
      expect(storm).toMatchObject({ requests: 1, tokens: [expect.any(String)], errors: [] })
    })

  it('make one token request for each renewal on a cluster of three', async () => {
    await using nodes = new AsyncDisposableStack()
    const started = await startRedisCluster()
    for (const node of started) nodes.use(node)
    await expectOneRequestEach({ kind: 'cluster', urls: started.map(({ url }) => url) })
  })

  it('make one token request for each renewal over TLS, as a user of few rights', async () => {
    const certificate = makeCertificate()
    const port = await freePort()
    const { certPath, keyPath } = certificate
    const files = ['--tls-cert-file', certPath, '--tls-key-file', keyPath, '--tls-ca-cert-file', certPath]
    await using redis = await startRedisServer({ args: ['--tls-port', String(port), '--tls-auth-clients', 'no', ...files] })
    const commands = 'evalsha eval time hget hset hdel type del pttl pexpire persist publish subscribe unsubscribe ping hello'
    const rights = ['~scene-*', 'resetchannels', '&scene-*', '-@all', ...commands.split(' ').map((command) => `+${command}`)]
    const [username, password] = ['app', 'app-password']
    await redis.command('ACL', 'SETUSER', username, 'on', `>${password}`, ...rights)
    await expectOneRequestEach({ kind: 'tls', port, ca: certificate.pem, username, password })
    rmSync(certificate.folder, { recursive: true })
  })
}
