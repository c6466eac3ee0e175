import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toCurl } from '../src/to-curl.ts'

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

test('other bodies are named', () => {
  expect(toCurl({ method: 'PUT', url, body: new Uint8Array(2) })).toContain("--data-raw '[Uint8Array]'")
})

test('no value breaks out of its quotes', async () => {
  const values = fc.sample(fc.stringMatching(/^[ -~]{0,40}$/), 20).concat(["'; echo pwned; '", '$(id)', '`id`', '\\', "'"])
  for (const body of values) {
    const command = toCurl({ method: 'POST', url, body, headers: { 'x-a': body } }, { showSecrets: true })
    const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${command}`
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script])
    expect(stdout.split('\0').slice(0, -1)).toEqual(['-X', 'POST', url, '-H', `x-a: ${body}`, '--data-raw', body])
  }
})
