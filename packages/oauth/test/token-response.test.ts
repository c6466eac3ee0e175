import { AuthenticationError, ConfigurationError } from '@requestforge/core/errors'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Deviation, TokenData } from '../src/index.ts'

const receivedAt = Date.UTC(2030, 0, 1)
const yearMs = 365 * 24 * 3_600_000

function read(body: unknown, options: object = {}): { readonly token: TokenData; readonly deviations: readonly string[] } {
  const deviations: Deviation[] = []
  const token = TokenData.fromResponse(body, { receivedAt, onDeviation: (deviation) => deviations.push(deviation), ...options })
  return { token, deviations: deviations.map(({ kind }) => kind) }
}

const plain = { access_token: 'a', token_type: 'Bearer' }

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('TokenData.fromResponse', () => {
  it.each<[string, unknown, RegExp]>([
    ['a promise', Promise.resolve({ access_token: 'a' }), /is a promise: await it first/],
    ['a Response', Response.json({ access_token: 'a' }), /is not read yet: give what its json\(\) gives/],
  ])('says of %s what to do with it', (_what, given, message) => {
    expect(() => TokenData.fromResponse(given)).toThrow(message)
  })

  it('reads a response as RFC 6749 section 5.1 has it, without a deviation', () => {
    const body = { ...plain, expires_in: 3600, refresh_token: 'r', scope: 'read write', id_token: 'x' }
    expect(read(body)).toEqual({
      token: {
        accessToken: 'a',
        tokenType: 'Bearer',
        issuedAt: receivedAt,
        expiresAt: receivedAt + 3_600_000,
        refreshToken: 'r',
        scope: 'read write',
        extra: { id_token: 'x' },
      },
      deviations: [],
    })
  })

  it.each([
    ['missing', { access_token: 'a' }],
    ['null', { access_token: 'a', token_type: null }],
    ['empty', { access_token: 'a', token_type: '' }],
  ])('takes a token_type that is %s as Bearer, and tells it', (_name, body) => {
    const { token, deviations } = read(body)
    expect(token.tokenType).toBeUndefined()
    expect(deviations).toEqual(['missing_token_type'])
  })

  it.each(['BEARER', 'bearer', 'Bearer '])('reads the token_type %j as Bearer', (type) => {
    expect(read({ access_token: 'a', token_type: type }).token.tokenType).toBe('Bearer')
  })

  it.each(['JWT', 'mac', 'N_A', 'DPoP', 7])('refuses the token_type %j', (type) => {
    expect(() => read({ access_token: 'a', token_type: type })).toThrow(AuthenticationError)
  })

  it('accepts other token types that are listed', () => {
    expect(read({ access_token: 'a', token_type: 'mac' }, { tokenTypes: ['MAC'] }).token.tokenType).toBe('MAC')
  })

  it.each([
    [3600, 3600],
    ['3600', 3600],
    [3599.7, 3599],
    ['3600.5', 3600],
    [1e13, yearMs / 1000],
    [2 ** 53, yearMs / 1000],
    ['1e400', yearMs / 1000],
    [0, 0],
    [-5, 0],
  ])('reads expires_in %j as %d s', (given, seconds) => {
    expect(read({ ...plain, expires_in: given }).token.expiresAt).toBe(receivedAt + seconds * 1000)
  })

  it.each(['3600s', 'soon', [], {}, true, Number.NaN])('takes expires_in %j as missing, and tells it', (given) => {
    expect(read({ ...plain, expires_in: given })).toMatchObject({ deviations: ['unreadable_expires_in'] })
    expect(read({ ...plain, expires_in: given }).token.expiresAt).toBeUndefined()
  })

  it('never makes a date that is no date, whatever expires_in is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.string(), fc.integer(), fc.bigInt().map(String), fc.anything()), (given) => {
        const { expiresAt } = read({ ...plain, expires_in: given }).token
        if (expiresAt !== undefined) expect(expiresAt - receivedAt).toBeLessThanOrEqual(yearMs)
        if (expiresAt !== undefined) expect(expiresAt).toBeGreaterThanOrEqual(receivedAt)
      }),
    )
  })

  it.each([
    ['epoch seconds', receivedAt / 1000 + 60],
    ['epoch milliseconds', receivedAt + 60_000],
    ['an ISO date', new Date(receivedAt + 60_000).toISOString()],
  ])('reads expires_at as %s', (_name, given) => {
    expect(read({ ...plain, expires_at: given }).token.expiresAt).toBe(receivedAt + 60_000)
  })

  it.each([
    ['2030-01-01T00:01:00', 'as Python writes it'],
    ['2030-01-01T00:01:00.000000', 'with microseconds'],
    ['2030-01-01 00:01:00', 'as databases write it'],
    ['2030-01-01T00:01', 'without seconds'],
    ['Tue, 01 Jan 2030 00:01:00', 'as in mail'],
    ['1/1/2030 12:01:00 AM', 'as .NET writes it'],
    ['2030-01-01T03:31:00+03:30', 'with an offset'],
    ['Tue, 01 Jan 2030 03:31:00 +0330', 'as in mail, with an offset'],
    ['2030-01-01T00:01:00Z', 'with a zone'],
    ['Tue, 01 Jan 2030 00:01:00 GMT', 'as in HTTP'],
    ['Mon, 31 Dec 2029 19:01:00 EST', 'with the name of a zone'],
    ['Tue Jan 01 2030 02:01:00 GMT+0200 (Eastern European Standard Time)', 'as JavaScript writes it'],
    ['Mon Dec 31 16:01:00 PST 2029', 'as Java writes it'],
    ['Tue Jan 01 02:01:00 +0200 2030', 'as Ruby writes it'],
    ['1/1/2030 2:01:00 AM +02:00', 'as .NET writes it, with an offset'],
    ['2030-01-01 00:01:00 Z', 'with a zone after a space'],
    ['2030-01-01 0:01:00', 'with an hour of one digit'],
    ['2030-01-01 12:01:00 AM', 'with the hours of a clock'],
  ])('takes an expires_at of %s for the same in every time zone: UTC where none is named (%s)', (given) => {
    for (const zone of ['UTC', 'Asia/Tehran', 'America/New_York']) {
      vi.stubEnv('TZ', zone)
      expect(new Date(receivedAt).getTimezoneOffset()).toBe({ UTC: 0, 'Asia/Tehran': -210, 'America/New_York': 300 }[zone])
      expect(read({ ...plain, expires_at: given }).token.expiresAt).toBe(receivedAt + 60_000)
    }
  })

  it('tells of an access token that is too long for the headers of many servers, and takes it, also with strict', () => {
    const long = { ...plain, access_token: 'a'.repeat(8_193), expires_in: 60 }
    expect(read({ ...long, access_token: 'a'.repeat(8_192) }).deviations).toEqual([])
    for (const strict of [false, true]) {
      const { token, deviations } = read(long, { strict })
      expect([token.accessToken.length, deviations]).toEqual([8_193, ['long_access_token']])
    }
  })

  it('reads members of other names', () => {
    const keys = { accessToken: 'token', expiresIn: 'ttl', refreshToken: 'renew' }
    expect(read({ token: 't', ttl: 60, renew: 'r', token_type: 'Bearer' }, { keys }).token).toMatchObject({
      accessToken: 't',
      expiresAt: receivedAt + 60_000,
      refreshToken: 'r',
    })
  })

  it.each(['9223372036854775807', 2 ** 63, 1e300, '1e400', 0, -1])(
    'takes a refresh_token_expires_in of %s for never',
    (given) => {
      const { token } = read({ ...plain, refresh_token: 'r', refresh_token_expires_in: given })
      expect(token).toMatchObject({ refreshToken: 'r' })
      expect(token).not.toHaveProperty('refreshTokenExpiresAt')
    },
  )

  it('uses refresh_in and refresh_token_expires_in', () => {
    const { token } = read({ ...plain, refresh_in: 60, refresh_token: 'r', refresh_token_expires_in: 120 })
    expect(token).toMatchObject({ refreshAt: receivedAt + 60_000, refreshTokenExpiresAt: receivedAt + 120_000 })
  })

  it.each([null, ''])('takes a refresh_token of %j as missing', (given) => {
    expect(read({ ...plain, refresh_token: given }).token.refreshToken).toBeUndefined()
  })

  it.each([
    [['read', 'write'], 'read write'],
    ['read,write', 'read write'],
    ['read write', 'read write'],
    [null, undefined],
  ])('reads the scope %j as %j', (given, scope) => {
    expect(read({ ...plain, scope: given }).token.scope).toBe(scope)
  })

  it.each<[object, string[]]>([
    [{ scope: null }, ['null_member']],
    [{ scope: '' }, ['null_member']],
    [{ scope: ['read,write', 'admin'] }, ['scope_array', 'scope_commas']],
    [{ expires_in: 3599.7 }, ['fractional_expires_in']],
    [{ expires_in: '3599.7' }, ['expires_in_string', 'fractional_expires_in']],
    [{ expires_at: 0 }, ['unreadable_expires_at']],
    [{ expires_at: 'soon' }, ['unreadable_expires_at']],
  ])('tells of %j, and refuses it when strict', (members, kinds) => {
    expect(read({ ...plain, ...members }).deviations).toEqual(kinds)
    expect(() => read({ ...plain, ...members }, { strict: true })).toThrow(AuthenticationError)
  })

  it.each([
    [['read,write', 'admin'], 'read write admin'],
    [[], undefined],
    [',', undefined],
  ])('reads the scope %j as %j', (given, scope) => {
    expect(read({ ...plain, scope: given }).token.scope).toBe(scope)
  })

  it.each([0, '0', -1, 'soon', null])('takes an expires_at of %j for no expiry at all', (given) => {
    expect(read({ ...plain, expires_at: given }).token.expiresAt).toBeUndefined()
  })

  it.each([undefined, 7, '', {}, [], null, 'a\r\nx: y', 'a\u0000', 'a b', 'ä'])('refuses the access_token %j', (given) => {
    expect(() => read({ ...plain, access_token: given })).toThrow(AuthenticationError)
  })

  it('takes a line break at the end off the access token, and tells it', () => {
    expect(read({ ...plain, access_token: 'a\n' })).toMatchObject({
      token: { accessToken: 'a' },
      deviations: ['access_token_newline'],
    })
  })

  it.each([[[]], ['text'], [7], [null], [undefined]])('refuses the body %j', (body) => {
    expect(() => read(body)).toThrow(AuthenticationError)
  })

  it.each([undefined, null, ''])('keeps the error code of a body that holds an error, and an access_token of %j', (given) => {
    const act = (): unknown => read({ error: 'invalid_grant', error_description: 'gone', access_token: given })
    expect(act).toThrow(expect.objectContaining({ oauthError: 'invalid_grant', oauthErrorDescription: 'gone' }))
  })

  it.each<[object, string]>([
    [{ tokenTypes: 'Bearer' }, 'tokenTypes'],
    [{ tokenTypes: [] }, 'tokenTypes'],
    [{ onDeviation: 5 }, 'onDeviation'],
    [{ strict: 'yes' }, 'strict'],
    [{ keys: 5 }, 'keys'],
    [{ keys: { accessToken: 5 } }, 'keys.accessToken'],
    [{ keys: { accessToken: '' } }, 'keys.accessToken'],
    [{ receivedAt: receivedAt / 1_000 }, 'receivedAt'],
    [{ receivedAt: Number.NaN }, 'receivedAt'],
    [{ receivedAt: new Date() }, 'receivedAt'],
    [{ receivedat: 1 }, 'receivedat'],
  ])('refuses the option %j by name', (options, option) => {
    const act = (): unknown => read(plain, options)
    expect(act).toThrow(ConfigurationError)
    expect(act).toThrow(expect.objectContaining({ option }))
  })

  it('pollutes no prototype', () => {
    const body: unknown = JSON.parse(
      '{"access_token":"a","token_type":"Bearer","__proto__":{"polluted":1},"constructor":{"x":1}}',
    )
    const { token } = read(body)
    expect(token.extra).toBeUndefined()
    expect({}).not.toHaveProperty('polluted')
  })

  it.each([
    { access_token: 'a' },
    { ...plain, expires_in: '60' },
    { ...plain, expires_in: null },
    { ...plain, expires_in: 0 },
    { ...plain, expires_in: 1e13 },
    { ...plain, refresh_token: '' },
    { ...plain, scope: ['read'] },
    { ...plain, access_token: 'a\n' },
  ])('refuses %j when strict', (body) => {
    expect(() => read(body, { strict: true })).toThrow(AuthenticationError)
  })

  it('names no value of the response in its errors', () => {
    for (const body of [{ access_token: 'sec ret' }, { access_token: 'sec-ret', token_type: 'sec-ret' }]) {
      expect(() => read(body)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('ret') }))
    }
  })

  it.each([
    ['the client_secret=canary is not known', 'the client_secret=***'],
    ['the header Bearer canary-token-1 has expired', 'the header Bearer *** has expired'],
    ['see https://idp.example/help?session=canary for more', 'see https://idp.example/help?*** for more'],
    ['AADSTS7000215: Invalid client secret provided for app a-1.', 'AADSTS7000215: Invalid client secret provided for app a-1.'],
    ['Client assertion is not valid. Current time: 12:00', 'Client assertion is not valid. Current time: 12:00'],
  ])('shows of "%s" what is no secret by its name', (description, shown) => {
    expect(() => read({ error: 'invalid_client', error_description: description })).toThrow(
      expect.objectContaining({
        message: `the server refused a token (invalid_client: ${shown})`,
        oauthErrorDescription: shown,
      }),
    )
  })
})
