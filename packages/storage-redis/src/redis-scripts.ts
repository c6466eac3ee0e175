// One hash for each token; each script touches that one key, so it works on a cluster. All times are Redis's own.
//   v version   t token   at when it was written   k until when it is kept   s when it was marked spent   c the commit that wrote it
//   o owner of the lease   u until when the lease lasts   f shared failure   g until when it is told   n how many heard the last notice

/** A Lua script, and its name for errors and figures. */
export interface RedisScript {
  readonly name: string
  readonly source: string
  readonly writes: boolean
}

/** A removed key keeps its version for so long, in milliseconds, so that commits that began before the removal lose. */
const tombstoneMs = 3_600_000
/** Times above it are not exact in Lua. */
const longestMs = 2 ** 52

const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/** Reads the token; what is past its time is none. */
const load = `${clock}
local version = tonumber(redis.call('HGET', KEYS[1], 'v') or 0) or 0
local token = redis.call('HGET', KEYS[1], 't')
local writtenAt = redis.call('HGET', KEYS[1], 'at') or '0'
local keepUntil = tonumber(redis.call('HGET', KEYS[1], 'k') or 'none')
local isPast = keepUntil and keepUntil <= now
if isPast then token = false end`

/** The next version is above all that are known. A key begins at the time: after a flush that is above all that was there before. */
const next = (known: string): string => `
version = math.max(version > 0 and version or now - 1, ${known}) + 1`

/** What a key without a token is kept for: its version, its lease, a shared failure. */
const keepTombstone = `
if redis.call('PTTL', KEYS[1]) < ${tombstoneMs} then redis.call('PEXPIRE', KEYS[1], ${tombstoneMs}) end`

/** Tells of a change, and how many heard of the one before: many spread what they do then. */
const tell = `
local heard = redis.call('HGET', KEYS[1], 'n') or '0'
local listeners = redis.call('PUBLISH', KEYS[1], version .. ':' .. heard)`

/** Not for what a Redis without memory may do. */
const tellAndCount = `${tell}
if tostring(listeners) ~= heard then redis.call('HSET', KEYS[1], 'n', listeners) end`

/** ARGV: token, keepForMs or '', commit id. Writes the token under the version that is set. */
const write = `
redis.call('HSET', KEYS[1], 'v', version, 't', ARGV[1], 'at', now, 'c', ARGV[3])
redis.call('HDEL', KEYS[1], 's', 'f', 'g', 'k')
if ARGV[2] == '' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'k', now + ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[2] + ${tombstoneMs})
end`

const drop = `
redis.call('HDEL', KEYS[1], 't', 'at', 'k', 's', 'c', 'f', 'g')
redis.call('HSET', KEYS[1], 'v', version)
redis.call('PEXPIRE', KEYS[1], ${tombstoneMs})`

/** Gives token, writtenAt, now. */
export const readScript: RedisScript = { name: 'read', writes: false, source: `${load}\nreturn { token, writtenAt, now }` }

/** ARGV: token, keepForMs or '', commit id. */
export const setScript: RedisScript = {
  name: 'set',
  writes: true,
  source: `${load}${next('0')}${write}${tellAndCount}\nreturn version`,
}

/** Forgets whatever is there. */
export const deleteScript: RedisScript = {
  name: 'delete',
  writes: true,
  source: `${load}\nif not token then return 0 end${next('0')}${drop}${tellAndCount}\nreturn 1`,
}

/** Who sent a refresh token when Redis went away gets so long after its return to bring the answer, before another sends it once more. */
export const settlingMs = 4_000

/**
 * A spend mark that is older than this Redis process, or than the end of an outage that the caller has seen: the holder may live, and be about
 * to bring what he got.
 * The seconds of the uptime are rounded up: one who died in this Redis's time keeps nobody waiting. INFO may be forbidden.
 */
const letSettle = `
local marked = tonumber(redis.call('HGET', KEYS[1], 's') or now) or now
if marked < now and ARGV[5] ~= '1' then
  local backFor = tonumber(ARGV[6]) or ${settlingMs}
  local info = redis.pcall('INFO', 'server')
  local uptime = type(info) == 'string' and tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
  if uptime then backFor = math.min(backFor, uptime * 1000 + 1000) end
  if backFor < now - marked and backFor < ${settlingMs} then return { 'busy', ${settlingMs} - backFor } end
end`

/**
 * ARGV: newerThan, leaseMs, owner, ignoreFailure, sendsNothing, for how long Redis is back or ''. Hands over what is newer, or the
 * shared failure, or says busy, or takes the lease.
 */
export const claimScript: RedisScript = {
  name: 'claim',
  writes: true,
  source: `${load}
if token and version > tonumber(ARGV[1]) then return { 'stored', version, token, writtenAt, now } end
local told = tonumber(redis.call('HGET', KEYS[1], 'g') or 0) or 0
if told > now and ARGV[4] ~= '1' then return { 'failed', redis.call('HGET', KEYS[1], 'f'), told - now } end
local leasedUntil = tonumber(redis.call('HGET', KEYS[1], 'u') or 0) or 0
if leasedUntil > now then return { 'busy', leasedUntil - now } end${letSettle}
if isPast then redis.call('HDEL', KEYS[1], 't', 'at', 'k', 's', 'c') end
redis.call('HSET', KEYS[1], 'o', ARGV[3], 'u', now + ARGV[2])
if not token then${keepTombstone} end
return { 'leased', version, token, writtenAt, now, redis.call('HGET', KEYS[1], 's') and 1 or 0 }`,
}

/** ARGV: owner, leaseMs. A lease that has run out goes on, too, as long as nobody else has taken it: it was Redis that had no time. */
export const extendScript: RedisScript = {
  name: 'extend',
  writes: true,
  source: `${clock}
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'u', now + ARGV[2])
return 1`,
}

/** ARGV: owner, version. Who overslept may have committed since the lease was taken: what would be spent has been replaced. */
export const spendScript: RedisScript = {
  name: 'spend',
  writes: true,
  source: `${clock}
local leasedUntil = tonumber(redis.call('HGET', KEYS[1], 'u') or 0) or 0
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] or leasedUntil <= now then return 0 end
if (tonumber(redis.call('HGET', KEYS[1], 'v') or 0) or 0) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 's', now)\nreturn 1`,
}

/**
 * ARGV: token, keepForMs or '', commit id, base version, newerThan, owner. A version below the base is that of a Redis which was flushed or
 * has failed over to an older copy: nothing there is newer.
 */
export const commitScript: RedisScript = {
  name: 'commit',
  writes: true,
  source: `${load}
if token and redis.call('HGET', KEYS[1], 'c') == ARGV[3] then return { 'committed', version } end
if version > tonumber(ARGV[4]) then return { 'superseded', version, token, writtenAt, now } end${next('tonumber(ARGV[4]), tonumber(ARGV[5])')}${write}
if redis.call('HGET', KEYS[1], 'o') == ARGV[6] then redis.call('HDEL', KEYS[1], 'o', 'u') end${tellAndCount}
return { 'committed', version }`,
}

/** ARGV: owner, unspent, failure or '', retryInMs, quiet. A forced attempt that fails does not shorten the pause that a server asked for. */
export const releaseScript: RedisScript = {
  name: 'release',
  writes: true,
  source: `${clock}
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
local version = redis.call('HGET', KEYS[1], 'v') or '0'
redis.call('HDEL', KEYS[1], 'o', 'u')
if ARGV[2] == '1' then redis.call('HDEL', KEYS[1], 's') end
if ARGV[3] ~= '' then
  local told = tonumber(redis.call('HGET', KEYS[1], 'g') or 0) or 0
  redis.call('HSET', KEYS[1], 'v', version, 'f', ARGV[3], 'g', math.max(told, now + ARGV[4]))
  if redis.call('PTTL', KEYS[1]) ~= -1 or version == '0' then${keepTombstone} end
end
if ARGV[5] == '1' then return 1 end${tell}
return 1`,
}

/** ARGV: version. */
export const removeScript: RedisScript = {
  name: 'remove',
  writes: true,
  source: `${load}
if version > tonumber(ARGV[1]) then return 0 end${next('tonumber(ARGV[1])')}${drop}${tellAndCount}
return 1`,
}

/** Makes room where somebody has put something else under the key. */
export const discardForeignScript: RedisScript = {
  name: 'discard',
  writes: true,
  source: `if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end\nreturn 1`,
}

/** `keepForMs` as the scripts take it: '' is for ever. */
export function keepArgument(keepForMs: number | undefined): string {
  if (keepForMs === undefined || !(keepForMs < longestMs)) return ''
  return String(Math.max(0, Math.ceil(keepForMs)))
}

/** A duration as the scripts take it. */
export function durationArgument(durationMs: number): string {
  return String(Math.ceil(Math.min(Math.max(0, durationMs), longestMs)))
}

/** What may be left out, as the scripts take it. */
export function flagArgument(isSet: boolean | undefined): string {
  return isSet === true ? '1' : '0'
}
