import type { TokenData, TokenStorage } from '@requestforge/oauth'
import { ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import { clockToleranceMs, ensureToken, type StorageCheck, type StorageTrial, shortMs } from './storage-trial.ts'

/** What `get`, `set` and `delete` promise. */
export const plainStorageCases: readonly (readonly [string, StorageCheck])[] = [
  ['a key that was never set has no token', checkUnknown],
  ['a token comes back with everything it had', checkComplete],
  ['members that a token does not have stay away', checkSparse],
  ['setting again replaces the token', checkReplacement],
  ['a key that is deleted has no token, and deleting what is not there is no error', checkDeletion],
  ['keys that look alike are different keys, and any text is one', checkOddKeys],
  ['an expired token is handed back like any other', checkExpired],
  ['a token is forgotten when keepForMs is over, and not before', checkKeepFor],
  ['without keepForMs a token stays, whatever its expiry', checkKeptWithout],
  ['a later set decides how long the token is kept', checkKeptAnew],
  ['a token of 64 KiB fits', checkLarge],
  ['of sets at the same time one stands, whole', checkConcurrency],
  ['another process sees what this one sets and deletes', checkOtherProcess],
]

async function checkUnknown({ storage, key }: StorageTrial): Promise<void> {
  ensure((await storage.get(key)) === undefined, 'get of an unknown key must give undefined')
}

async function checkComplete({ storage, key }: StorageTrial): Promise<void> {
  const now = Date.now()
  const token: TokenData = {
    accessToken: 'a-Z0.9_~+/=-',
    tokenType: 'DPoP',
    issuedAt: now - 5_000,
    expiresAt: now + 3_600_000,
    refreshAt: now + 1_800_000,
    refreshToken: 'r "quoted" \\ \u2028 \u{1F511}',
    refreshTokenExpiresAt: now + 86_400_000,
    scope: 'read write',
    extra: { id_token: 'x.y.z', tenant: { id: 7, roles: ['a', 'ä', '中'], active: true, nothing: null } },
  }
  await storage.set(key, token)
  const stored = await storage.get(key)
  for (const [name, value] of Object.entries(token)) {
    const got: unknown = stored?.[name as keyof TokenData] // a name of the token above
    ensure(isAsGood(got, value), `${name} must come back as it was (got ${JSON.stringify(got)})`)
  }
}

function isAsGood(got: unknown, value: unknown): boolean {
  if (typeof value === 'number') return typeof got === 'number' && Math.abs(got - value) <= clockToleranceMs
  return JSON.stringify(got) === JSON.stringify(value)
}

async function checkSparse({ storage, key }: StorageTrial): Promise<void> {
  await storage.set(key, { accessToken: 'a', scope: undefined })
  const members = Object.entries((await storage.get(key)) ?? {}).filter(([, value]) => value !== undefined)
  ensure(JSON.stringify(members) === '[["accessToken","a"]]', `nothing may be added (got ${JSON.stringify(members)})`)
}

async function checkReplacement({ storage, key }: StorageTrial): Promise<void> {
  const second = fakeToken()
  await storage.set(key, fakeToken({ refreshToken: 'r', scope: 'read' }))
  await storage.set(key, second)
  const stored = await storage.get(key)
  ensureToken(stored, second, 'after the second set')
  ensure(stored?.refreshToken === undefined && stored?.scope === undefined, 'nothing of the token before may be left')
}

async function checkDeletion({ storage, key }: StorageTrial): Promise<void> {
  const neighbour = fakeToken()
  await storage.delete(key)
  await storage.set(key, fakeToken())
  await storage.set(`${key}-2`, neighbour)
  await storage.delete(key)
  ensureToken(await storage.get(key), undefined, 'after delete')
  ensureToken(await storage.get(`${key}-2`), neighbour, 'beside the deleted one')
  await storage.delete(key)
}

async function checkOddKeys({ storage, key }: StorageTrial): Promise<void> {
  const odd = [
    '',
    ' ',
    'a',
    'A',
    'a ',
    ' a',
    'a:b',
    'a{b',
    'a}b',
    '{a}',
    '{a}b',
    '%7Ba%7D',
    '*',
    '?',
    '[a]',
    '\\',
    '\n',
    '\0',
    'ä',
    'a\u0308',
  ]
  const more = ['\u{1F511}', '../a', '/', 'a'.repeat(2_000), '__proto__', 'constructor', 'toString', 'null', 'undefined', '0']
  const tokens = [...odd, ...more].map((suffix) => ({ key: `${key}${suffix}`, token: fakeToken() }))
  for (const each of tokens) await storage.set(each.key, each.token)
  for (const each of tokens)
    ensureToken(await storage.get(each.key), each.token, `key ending in ${JSON.stringify(each.key.slice(-10))}`)
  for (const bare of ['__proto__', 'constructor', 'toString']) await checkBareKey(storage, bare)
}

/** Names that every object has. */
async function checkBareKey(storage: TokenStorage, key: string): Promise<void> {
  const token = fakeToken()
  await storage.set(key, token)
  ensureToken(await storage.get(key), token, `key ${key}`)
  await storage.delete(key)
  ensureToken(await storage.get(key), undefined, `key ${key}, deleted`)
}

async function checkExpired({ storage, key }: StorageTrial): Promise<void> {
  const token = fakeToken({ expiresInMs: -60_000, refreshToken: 'r' })
  await storage.set(key, token)
  ensureToken(await storage.get(key), token, 'expired a minute ago')
}

async function checkKeepFor(trial: StorageTrial): Promise<void> {
  const { storage, key, advance } = trial
  const token = fakeToken()
  await trial.within(shortMs, async () => {
    await storage.set(key, token, { keepForMs: shortMs })
    ensureToken(await storage.get(key), token, 'at once')
  })
  await advance(shortMs + 50)
  ensureToken(await storage.get(key), undefined, `after ${shortMs + 50} ms with keepForMs ${shortMs}`)
}

async function checkKeptWithout(trial: StorageTrial): Promise<void> {
  const { storage, key } = trial
  const token = fakeToken({ expiresInMs: 50, refreshToken: 'r' })
  await storage.set(key, token)
  await trial.advance(trial.isTimeVirtual ? 20 * 86_400_000 : 100)
  ensureToken(await storage.get(key), token, 'after its expiry')
}

async function checkKeptAnew({ storage, key, advance }: StorageTrial): Promise<void> {
  const token = fakeToken()
  await storage.set(key, fakeToken(), { keepForMs: shortMs })
  await storage.set(key, token)
  await advance(shortMs + 50)
  ensureToken(await storage.get(key), token, 'set again without keepForMs')
}

async function checkLarge({ storage, key }: StorageTrial): Promise<void> {
  const token = fakeToken({ accessToken: 'x'.repeat(65_536) })
  await storage.set(key, token)
  ensure((await storage.get(key))?.accessToken === token.accessToken, 'a token of 64 KiB must come back whole')
}

async function checkConcurrency({ storage, other, key }: StorageTrial): Promise<void> {
  const tokens = Array.from({ length: 10 }, () => fakeToken({ refreshToken: crypto.randomUUID() }))
  await Promise.all(tokens.map((token, index) => (index % 2 === 0 ? storage : other).set(key, token)))
  const stored = await storage.get(key)
  const isWhole = tokens.some((token) => token.accessToken === stored?.accessToken && token.refreshToken === stored.refreshToken)
  ensure(isWhole, 'what stands there must be one of the tokens, with its own refresh token')
}

async function checkOtherProcess({ storage, other, key }: StorageTrial): Promise<void> {
  const token = fakeToken()
  await storage.set(key, token)
  ensureToken(await other.get(key), token, 'set elsewhere')
  await other.delete(key)
  ensureToken(await storage.get(key), undefined, 'deleted elsewhere')
}
