import { setTimeout as sleep } from 'node:timers/promises'
import { TokenManager } from '@requestforge/oauth'
import { RedisTokenStorage } from '@requestforge/storage-redis'
import { expect, it, vi } from 'vitest'
import { startCertifiedSessions } from './fixtures/certified-server.ts'
import { type FleetProcess, type FleetReport, summed } from './fixtures/fleet.ts'
import type { DeathStep, Site } from './fixtures/messages.ts'
import { type RefreshFault, type SessionServer, startLoopbackSessions } from './fixtures/session-server.ts'
import type { Stage } from './fixtures/stage.ts'

/** One session whose holder dies while he renews it, and what becomes of the session. */
interface Plot {
  readonly dieAt?: DeathStep | undefined
  readonly fault?: RefreshFault | undefined
  readonly onInDoubt?: Site['onInDoubt']
  readonly refreshes: number
  readonly reuses: number
  readonly ends: 'served' | 'refresh_lost'
}

/** The answer that rotated the refresh token was lost with the process, so the session is, and is known to be. */
const lost = { refreshes: 2, reuses: 1, ends: 'refresh_lost' } as const
const kept = { refreshes: 1, reuses: 0, ends: 'served' } as const

const plots: Readonly<Record<string, Plot>> = {
  'with the lease in his hands': { dieAt: 'claimed', ...kept },
  'before he says that he will spend it': { dieAt: 'before-mark', ...kept },
  'after he has said so, before he sends it': { dieAt: 'marked', ...kept },
  'while the server has it': { dieAt: 'sent', fault: { delayMs: 300 }, ...lost },
  'with the answer in his hands': { dieAt: 'answered', ...lost },
  'after he has stored the answer': { dieAt: 'committed', ...kept },
  'while the server has it, and nobody may try it again': {
    dieAt: 'sent',
    fault: { delayMs: 300 },
    onInDoubt: 'error',
    ...{ refreshes: 1, reuses: 0, ends: 'refresh_lost' },
  },
  'never, but the connection breaks before the server reads': { fault: { connection: 'reset-before' }, ...kept, refreshes: 2 },
  'never, but the answer is dropped': { fault: { connection: 'reset-after' }, ...lost },
}

/** Chance has a say in every one: who claims first, and what was on its way when the process died. */
const rounds = Array.from({ length: 20 }, (_, index) =>
  index % 5 === 4
    ? ([`${index + 1}, on a certified server`, startCertifiedSessions] as const)
    : ([String(index + 1), startLoopbackSessions] as const),
)

/** Rotating refresh tokens: used once, or the error says why not. */
export function describeRotation(stage: Stage): void {
  it.each(rounds)(
    `keep a session whose holder dies at any of ${Object.keys(plots).length} steps, except where the server's answer is lost (round %s)`,
    async (round, startServer) => {
      const perPlot = Math.floor(stage.size / Object.keys(plots).length)
      await using sessions = new AsyncDisposableStack()
      // The certified server says at every start that its memory is for tests.
      using _muted = vi.spyOn(console, 'warn').mockReturnValue()
      const makeSession = async ([when, plot]: [string, Plot], index: number): Promise<Session> => {
        const server = sessions.use(await startServer())
        const survivors = stage.fleet.processes.slice(index * perPlot, (index + 1) * perPlot)
        const place = { url: stage.redis.url, keyPrefix: `rotation-${round}-${index}` }
        return { when, plot, server, survivors, place, victim: stage.hire() }
      }
      const all = await Promise.all(Object.entries(plots).map(makeSession))
      // One step after the other for all of them: starting processes is too much of a load for anything beside it.
      await Promise.all(all.map(open))
      for (const session of all) await logIn(session)
      await sleep(1_000)
      const expected = all.map(({ when, plot: { refreshes, reuses, ends } }) => ({ when, refreshes, reuses, ends }))
      expect(await Promise.all(all.map(play))).toEqual(expected)
    },
  )
}

/** One plot on its way. */
interface Session {
  readonly when: string
  readonly plot: Plot
  readonly server: SessionServer
  readonly survivors: readonly FleetProcess[]
  readonly victim: FleetProcess
  readonly place: { readonly url: string; readonly keyPrefix: string }
}

interface Outcome {
  readonly when: string
  readonly refreshes: number
  readonly reuses: number
  readonly ends: string
}

async function open({ plot, server, survivors, victim, place }: Session): Promise<void> {
  const { tokenUrl, clientId, clientSecret } = server
  const { dieAt, onInDoubt } = plot
  const redis = { kind: 'url' as const, url: place.url }
  const site: Site = { redis, keyPrefix: place.keyPrefix, tokenUrl, grant: 'session', clientId, clientSecret, onInDoubt }
  await victim.do({ do: 'open', site: { ...site, dieAt } })
  await Promise.all(survivors.map((each) => each.do({ do: 'open', site })))
}

/** Somebody begins a session, and its tokens are stored. */
async function logIn({ server, place }: Session): Promise<void> {
  const patienceMs = 5_000
  await using storage = new RedisTokenStorage({ ...place, timeoutMs: patienceMs })
  const provider = { serviceName: 'fleet', fetchToken: () => server.logIn() }
  await using manager = new TokenManager({ provider, storage, key: 'shared', storageTimeoutMs: patienceMs })
  await manager.getToken()
}

/** The holder begins, and perhaps dies; then the others want the token. */
async function play({ when, plot, server, survivors, victim }: Session): Promise<Outcome> {
  if (plot.fault !== undefined) server.failNext(plot.fault)
  await Promise.race([victim.ended, victim.do({ do: 'get', callers: 1 })])
  const report = summed(await Promise.all(survivors.map((each) => each.do({ do: 'get', callers: 3 }))))
  await victim.kill()
  return { when, refreshes: server.refreshes, reuses: server.reuses, ends: endOf(report) }
}

function endOf({ tokens, errors }: FleetReport): string {
  if (errors.length === 0) return tokens.length === 1 ? 'served' : `served with ${tokens.length} tokens`
  const reasons = new Set(errors.map(({ reason, message }) => reason ?? message))
  return [...reasons, ...(tokens.length > 0 ? ['and some served'] : [])].join(', ')
}
