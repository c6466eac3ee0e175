import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { TokenManager } from '@requestforge/oauth'
import { RedisTokenStorage } from '@requestforge/storage-redis'
import { expect, it, vi } from 'vitest'
import { eventually } from '../../../storage-redis/test/fixtures/open-storage.ts'
import { startCertifiedSessions } from './fixtures/certified-server.ts'
import { type FleetProcess, type FleetReport, summed } from './fixtures/fleet.ts'
import type { DeathStep, Site } from './fixtures/messages.ts'
import { type RefreshFault, type SessionServer, startLoopbackSessions } from './fixtures/session-server.ts'
import type { Stage } from './fixtures/stage.ts'

/** One session whose holder dies while he renews it, and what becomes of the session. */
interface Plot {
  /** Where the holder dies: at a step of his own, when the server has his request, or when it has carried it out. */
  readonly dieAt?: DeathStep | 'arrival' | 'rotation' | undefined
  readonly fault?: RefreshFault | undefined
  readonly onInDoubt?: Site['onInDoubt']
  /** How often each refresh token comes to the server, one renewal after the play included. */
  readonly presented: readonly number[]
  readonly reuses: number
  /** What the others are answered with. */
  readonly ends: string
  /** What a renewal after all of this brings. */
  readonly afterwards: 'renewed' | 'a new login is needed'
}

/** The refresh token is used once, and so is the next. */
const kept = { presented: [1, 1], reuses: 0, ends: 'served', afterwards: 'renewed' } as const
/** It came to the server twice, which had not used it the first time. */
const keptByRetry = { ...kept, presented: [2, 1] } as const
/** The answer that rotated the refresh token was lost with the process, so the session is, and is known to be. */
const lost = {
  presented: [2],
  reuses: 1,
  ends: "refresh_lost: fleet needs a new login: a renewal's answer was lost, and with it the refresh token",
  afterwards: 'a new login is needed',
} as const

const plots: Readonly<Record<string, Plot>> = {
  'before he claims the lease': { dieAt: 'before-claim', ...kept },
  'with the lease in his hands': { dieAt: 'claimed', ...kept },
  'before he says that he will spend it': { dieAt: 'before-mark', ...kept },
  'after he has said so, before he sends it': { dieAt: 'marked', ...kept },
  'while it waits at the server, which never reads it': {
    dieAt: 'arrival',
    fault: { connection: 'hang-before' },
    ...keptByRetry,
  },
  'when the server has rotated it, before it answers': { dieAt: 'rotation', fault: { connection: 'hang-after' }, ...lost },
  'when the server has rotated it, and nobody may try it again': {
    dieAt: 'rotation',
    fault: { connection: 'hang-after' },
    onInDoubt: 'error',
    ...{ ...lost, presented: [1], reuses: 0 },
  },
  'with the answer in his hands': { dieAt: 'answered', ...lost },
  'refused for now, before he gives the lease back': { dieAt: 'refused', fault: { status: 503 }, ...keptByRetry },
  'after he has stored the answer': { dieAt: 'committed', ...kept },
  'never, but the connection breaks before the server reads': { fault: { connection: 'reset-before' }, ...keptByRetry },
  'never, but the answer is dropped': { fault: { connection: 'reset-after' }, ...lost },
}
const steps = Object.entries(plots)

/** Chance has a say in every one: who claims first, and what was on its way when the process died. */
const rounds = Array.from({ length: 20 }, (_, index) => index + 1)
/** The access token of a login is good for so long, in milliseconds. */
const loginMs = 1_000
/** A machine that starts a dozen processes makes Redis look slow. That is not what is looked at here. */
const patienceMs = 5_000
/** Whoever is kept from running for so long may lose his lease alive, in milliseconds, which is another story. */
const longestStallMs = 500
/** How often a round is played anew because the machine was too busy for it. */
const replays = 3

/** Rotating refresh tokens: used once, or the error says why not. */
export function describeRotation(stage: Stage): void {
  it.each(rounds)(
    `keep a session whose holder dies at any of ${steps.length} steps, except where the server's answer is lost (round %i of 20)`,
    async (round) => {
      for (let replay = 0; ; replay++) {
        const outcomes = await playRound(stage, round, `rotation-${round}-${replay}`)
        const isLast = replay === replays || outcomes.every(({ stalledMs }) => stalledMs < longestStallMs)
        if (!isLast && outcomes.some(({ actual, expected }) => !isDeepStrictEqual(actual, expected))) continue
        expect(outcomes.map(({ actual }) => actual)).toEqual(outcomes.map(({ expected }) => expected))
        return
      }
    },
  )
}

async function playRound(stage: Stage, round: number, name: string): Promise<readonly Played[]> {
  await using sessions = new AsyncDisposableStack()
  // The certified server says at every start that its memory is for tests.
  using _muted = vi.spyOn(console, 'warn').mockReturnValue()
  const startServer = round % 5 === 0 ? startCertifiedSessions : startLoopbackSessions
  const all = await Promise.all(
    steps.map(async ([when, plot], index): Promise<Session> => {
      const server = sessions.use(await startServer())
      const place = { url: stage.redis.url, keyPrefix: `${name}-${index}` }
      // Each step has one survivor or two, in turn.
      const survivors = stage.fleet.processes.filter((_, dealt) => (dealt + round) % steps.length === index)
      return { when, plot, server, place, survivors }
    }),
  )
  for (const session of all) await logIn(session)
  const loggedInAt = performance.now()
  // One after the other: starting processes is too much of a load for anything beside it.
  const holders = await Promise.all(all.map((session) => open(session, stage)))
  for (const holder of holders) sessions.defer(() => holder.kill())
  await sleep(Math.max(0, loggedInAt + loginMs - performance.now()))
  return await Promise.all(holders.map((holder, index) => play(present(all[index]), holder)))
}

/** One plot on its way. */
interface Session {
  readonly when: string
  readonly plot: Plot
  readonly server: SessionServer
  readonly survivors: readonly FleetProcess[]
  readonly place: { readonly url: string; readonly keyPrefix: string }
}

type Outcome = Pick<Plot, 'presented' | 'reuses' | 'ends'> & { readonly when: string; readonly afterwards: string }

/** How it went, and how it should. */
interface Played {
  readonly actual: Outcome
  readonly expected: Outcome
  /** For how long the machine kept a survivor from running, in milliseconds. */
  readonly stalledMs: number
}

/** Returns the one who begins. */
async function open({ plot, server, survivors, place }: Session, stage: Stage): Promise<FleetProcess> {
  const { tokenUrl, clientId, clientSecret } = server
  const { dieAt, onInDoubt } = plot
  const redis = { kind: 'url' as const, url: place.url }
  const client = { tokenUrl, grant: 'session' as const, clientId, clientSecret }
  const site: Site = { redis, keyPrefix: place.keyPrefix, ...client, onInDoubt, patienceMs }
  const holder = stage.hire()
  await holder.do({ do: 'open', site: { ...site, dieAt: isSeenFromOutside(dieAt) ? undefined : dieAt } })
  await Promise.all(survivors.map((each) => each.do({ do: 'open', site })))
  return holder
}

/** Somebody begins a session, and its tokens are stored. */
async function logIn({ server, place }: Session): Promise<void> {
  await using storage = new RedisTokenStorage({ ...place, timeoutMs: patienceMs })
  const provider = { serviceName: 'fleet', fetchToken: () => server.logIn() }
  await using manager = new TokenManager({ provider, storage, key: 'shared', storageTimeoutMs: patienceMs })
  await manager.getToken()
}

function isSeenFromOutside(dieAt: Plot['dieAt']): dieAt is 'arrival' | 'rotation' {
  return dieAt === 'arrival' || dieAt === 'rotation'
}

/** The holder begins, and perhaps dies; then the others want the token, and then one more. */
async function play({ when, plot, server, survivors }: Session, holder: FleetProcess): Promise<Played> {
  const { dieAt, fault, onInDoubt: _, ...rest } = plot
  if (fault !== undefined) server.failNext(fault)
  const begun = holder.do({ do: 'get', callers: 1 })
  if (isSeenFromOutside(dieAt)) {
    await eventually(() => (dieAt === 'arrival' ? server.presented.length : server.rotations) === 1, patienceMs)
    await holder.kill()
  }
  await Promise.race([holder.ended, begun])
  const got = summed(await Promise.all(survivors.map((each) => each.do({ do: 'get', callers: 3 }))))
  const refreshed = summed(await Promise.all(survivors.slice(0, 1).map((each) => each.do({ do: 'refresh' }))))
  const { presented, reuses } = server
  return {
    actual: { when, presented, reuses, ends: endOf(got), afterwards: afterwardsOf(refreshed) },
    expected: { when, ...rest },
    stalledMs: Math.max(got.stalledMs, refreshed.stalledMs),
  }
}

function endOf({ tokens, errors }: FleetReport): string {
  if (errors.length === 0) return tokens.length === 1 ? 'served' : `served with ${tokens.length} tokens`
  const reasons = new Set(errors.map(({ reason, message }) => `${reason}: ${message}`))
  return [...reasons, ...(tokens.length > 0 ? ['and some served'] : [])].join(', ')
}

function afterwardsOf({ errors }: FleetReport): string {
  const [error] = errors
  if (error === undefined) return 'renewed'
  return error.name === 'ReauthenticationRequiredError' ? 'a new login is needed' : error.message
}

function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('there is none')
  return thing
}
