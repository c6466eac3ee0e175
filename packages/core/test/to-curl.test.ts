import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CurlRequest, toCurl } from '../src/to-curl.ts'

const url = 'https://api.example.com/users'

test('method, URL, headers and body, as one would write them', () => {
  expect(toCurl({ method: 'GET', url })).toBe(`curl -X GET '${url}'`)
  expect(toCurl({ method: 'head', url })).toBe(`curl --head '${url}'`)
  expect(toCurl({ method: 'POST', url, json: { name: 'Ada' }, headers: { 'X-Trace': 't' } })).toBe(
    `curl -X POST '${url}' -H 'content-type: application/json' -H 'x-trace: t' --data-raw '{"name":"Ada"}'`,
  )
})

test('secrets are masked unless they are asked for', () => {
  const request = {
    method: 'POST',
    url: 'https://ada:canary@api.example.com/users?key=canary',
    headers: { authorization: 'Bearer canary', 'x-tenant': 'canary' },
    form: { grant_type: 'password', password: 'canary' },
  }
  expect(toCurl(request, { sensitiveKeys: ['x-tenant'] })).not.toContain('canary')
  expect(toCurl(request, { showSecrets: true }).split('canary')).toHaveLength(6)
})

test('bytes and streams come from the standard input, and forms field by field', () => {
  const put = (body: CurlRequest['body']): string => toCurl({ method: 'PUT', url, body })
  expect(put(new Uint8Array(2))).toBe(`curl -X PUT '${url}' -H content-type: --data-binary @- # standard input: Uint8Array`)
  expect(put(new Blob(['x'], { type: 'image/png' }))).toContain("-H 'content-type: image/png' --data-binary @- # standard")
  expect(put(new ReadableStream())).toContain('--data-binary @- # standard input: ReadableStream')
  const form = new FormData()
  form.append('name', '@Ada')
  form.append('user[password]', 'canary')
  form.append('photo', new File(['canary'], 'a "b".png', { type: 'image/png' }))
  expect(toCurl({ method: 'PUT', url, body: form, headers: { 'content-type': 'multipart/form-data' } })).toBe(
    `curl -X PUT '${url}' --form-string 'name=@Ada' --form-string 'user[password]=***' --form 'photo=@"a \\"b\\".png";type=image/png'`,
  )
  expect(toCurl({ method: 'PUT', url, body: form }, { showSecrets: true })).toContain("'user[password]=canary'")
})

test('the content type is the one that the client sends', () => {
  const post = (request: object): string => toCurl({ method: 'POST', url, ...request })
  expect(post({ body: 'x' })).toContain("-H 'content-type: text/plain;charset=UTF-8' --data-raw x")
  expect(post({ body: new URLSearchParams('a=1') })).toContain("'content-type: application/x-www-form-urlencoded;charset=UTF-8'")
  expect(post({ body: 'x', headers: { 'Content-Type': 'text/csv' } })).toBe(
    `curl -X POST '${url}' -H 'content-type: text/csv' --data-raw x`,
  )
})

test('a body that a function makes is shown, and what is masked is encoded as before', () => {
  expect(toCurl({ method: 'POST', url, body: () => 'password=canary&a=b%26c' })).toContain("--data-raw 'password=***&a=b%26c'")
  expect(toCurl({ method: 'POST', url, form: { password: 'canary', 'b[]': 'c d&e' } })).toContain(
    "'password=***&b%5B%5D=c+d%26e'",
  )
})

test('words that are no secret stay as they are', () => {
  expect(toCurl({ method: 'POST', url, body: 'basic plan' })).toContain("--data-raw 'basic plan'")
})

test.each(['http://u:p/canary@h/', 'http://u:p?canary@h/', 'http://u:p#canary@h/x', '//u:canary@@h:port/'])(
  'no password of a URL that cannot be read is shown: %s',
  (unreadable) => {
    const command = toCurl({ method: 'GET', url: unreadable })
    expect(command).not.toContain('canary')
    expect(command).toContain('//h')
    expect(toCurl({ method: 'GET', url: unreadable }, { showSecrets: true })).toContain('canary')
  },
)

test('an `@` in a path stays', () => {
  expect(toCurl({ method: 'GET', url: 'https://a.example/@me' })).toBe("curl -X GET 'https://a.example/@me'")
})

test('no body is cut', () => {
  const long = 'x'.repeat(9_000)
  expect(toCurl({ method: 'POST', url, json: { password: 'canary', long } })).toContain(`'{"password":"***","long":"${long}"}'`)
  expect(toCurl({ method: 'POST', url, form: { password: 'canary', long } })).toContain(`'password=***&long=${long}'`)
  expect(toCurl({ method: 'POST', url, body: `${long} ${'y'.repeat(2 ** 21)}` })).toContain('yyy')
})

test('URLs, headers and HEAD are written so that curl sends what the client sends', () => {
  const odd = 'https://[::1]/a b?ids[]={1}'
  expect(toCurl({ method: 'GET', url: odd }, { showSecrets: true })).toBe("curl -X GET --globoff 'https://[::1]/a%20b?ids[]={1}'")
  expect(toCurl({ method: 'GET', url, headers: { 'x-a': '', 'content-type': 'x/y' } })).toBe(
    `curl -X GET '${url}' -H 'content-type: x/y' -H 'x-a;'`,
  )
  expect(toCurl({ method: 'HEAD', url, json: 1 })).toBe(
    `curl -X HEAD --ignore-content-length -H 'connection: close' '${url}' -H 'content-type: application/json' --data-raw 1`,
  )
})

test('no value breaks out of its quotes', async () => {
  const values = fc.sample(fc.stringMatching(/^[ -~]{0,40}$/), 20).concat(["'; echo pwned; '", '$(id)', '`id`', '\\', "'"])
  for (const body of values) {
    const command = toCurl({ method: 'POST', url, body, headers: { 'x-a': body } }, { showSecrets: true })
    const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${command}`
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script])
    const type = 'content-type: text/plain;charset=UTF-8'
    const header = body === '' ? 'x-a;' : `x-a: ${body}`
    expect(stdout.split('\0').slice(0, -1)).toEqual(['-X', 'POST', url, '-H', type, '-H', header, '--data-raw', body])
  }
})
