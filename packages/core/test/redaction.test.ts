import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactUrl } from '../src/redaction.ts'
import { createRedactor } from '../src/redactor.ts'

describe('a URL is shown without user info, query values and fragment', () => {
  test.each([
    ['https://api.example.com/a', 'https://api.example.com/a'],
    ['https://ada:canary@api.example.com/a', 'https://api.example.com/a'],
    ['https://ada:c@nary@api.example.com/a', 'https://api.example.com/a'],
    ['//ada:canary@api.example.com/a', '//api.example.com/a'],
    ['https://api.example.com/@a', 'https://api.example.com/@a'],
    ['https://api.example.com/a?token=canary&page=2', 'https://api.example.com/a?token=***&page=***'],
    ['https://api.example.com/a?canary', 'https://api.example.com/a?***'],
    ['https://api.example.com/a?x=1?y=canary', 'https://api.example.com/a?x=***'],
    ['https://api.example.com/a#access_token=canary', 'https://api.example.com/a'],
    ['https://api.example.com/a?x=canary#y', 'https://api.example.com/a?x=***'],
    ['https://api.example.com/a#x?y=canary', 'https://api.example.com/a'],
    ['/a?x=canary', '/a?x=***'],
    ['', ''],
  ])('%s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected)
  })

  test('whatever the value of a parameter is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        const url = new URL('https://api.example.com/')
        url.searchParams.append(name, `canary${value}`)
        expect(redactUrl(url.href)).not.toContain('canary')
      }),
    )
  })
})

describe('what is logged of a message', () => {
  const redactor = createRedactor(['x-tenant'])

  test('headers: names decide, whatever their case, and added names add to the defaults', () => {
    const names = [
      'Authorization',
      'proxy-authorization',
      'Cookie',
      'set-cookie',
      'X-API-Key',
      'api-key',
      'X-Auth-Token',
      'DPoP',
      'X-Tenant',
    ]
    const masked = redactor.headers(Object.fromEntries(names.map((name) => [name, 'canary'])))
    expect(masked).toEqual(Object.fromEntries(names.map((name) => [name, '***'])))
    expect(redactor.headers({ accept: 'text/csv' })).toEqual({ accept: 'text/csv' })
  })

  test('headers that hold a URL or a token elsewhere', () => {
    const headers = {
      location: 'https://a.example/cb?code=canary',
      'x-origin': 'https://ada:canary@a.example/ and //ada:can@ary@a.example',
      link: '<https://a.example/?key=canary>; rel="next"',
      'x-echo': 'Bearer canary',
      refresh: '0;url=/cb?code=canary&state=canary',
      'operation-location': 'https://a.example/jobs/7?sv=1&sig=canary',
      'x-files': 'a="https://a.example/?X-Amz-Signature=canary", b="https://b.example/b"',
    }
    expect(redactor.headers(headers)).toEqual({
      location: 'https://a.example/cb?code=***',
      'x-origin': 'https://***@a.example/ and //***@a.example',
      link: '<https://a.example/?key=***>; rel="next"',
      'x-echo': 'Bearer ***',
      refresh: '0;url=/cb?code=***&state=***',
      'operation-location': 'https://a.example/jobs/7?***',
      'x-files': 'a="https://a.example/?***", b="https://b.example/b"',
    })
  })

  const secrets = [
    'access_token',
    'refresh_token',
    'client_secret',
    'password',
    'assertion',
    'accessToken',
    'Client-Secret',
    'x_tenant',
    'id_token',
    'id_token_hint',
    'subject_token',
    'actor_token',
    'registration_access_token',
  ]

  test.each(secrets)('JSON: %s at any depth, whatever its value', (name) => {
    const body = { ok: 1, [name]: 'canary', list: [{ deep: { [name]: { nested: 'canary' } } }, [{ [name]: ['canary'] }]] }
    expect(redactor.body(JSON.stringify(body))).toEqual({
      ok: 1,
      [name]: '***',
      list: [{ deep: { [name]: '***' } }, [{ [name]: '***' }]],
    })
  })

  test('JSON: words inside of strings are looked at like other text', () => {
    const body = JSON.stringify({ you: 'Bearer canary', list: ['x-api-key: canary'], name: 'Ada' })
    const { body: shown } = { body: createRedactor().body(body) }
    expect(JSON.stringify(shown)).not.toContain('canary')
    expect(shown).toMatchObject({ name: 'Ada' })
  })

  test('JSON that is long is cut after its secrets were masked', () => {
    const shown = redactor.body(JSON.stringify({ password: { a: 'canary'.repeat(2_000) }, note: 'x'.repeat(9_000) }))
    expect(shown).not.toContain('canary')
    expect(String(shown).length).toBeLessThan(5_000)
    for (const long of ['a=1&b='.padEnd(9_000, 'c'), 'x '.repeat(9_000)]) expect(redactor.body(long)).toHaveLength(4_097)
    expect(redactor.body(`{"a":"${'canary'.repeat(200_000)}"}`)).toBe('[text of 1200008 characters]')
  })

  test.each([
    'grant_type=password&password=canary&client_secret=canary',
    '{"access_token":"canary","x":',
    '{"a":{"password" : "can\\"canary"',
    'text with password: canary, and access_token=canary',
    '<login><password>canary</password></login>',
    'Authorization: Bearer canary',
    'nested=password=canary',
  ])('forms and text: %s', (text) => {
    expect(String(redactor.body(text))).not.toContain('canary')
    expect(redactor.text(text)).not.toContain('canary')
  })

  test('what is no text is named, not shown', () => {
    expect(redactor.body(new Uint8Array(3))).toBe('[Uint8Array]')
    expect(redactor.body(new FormData())).toBe('[FormData]')
    expect(redactor.body(new URLSearchParams('password=canary&a=b'))).toBe('password=***&a=b')
  })

  test('harmless text stays as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ,.]{0,80}$/), (text) => {
        expect(redactor.text(text)).toBe(text)
      }),
    )
  })
})

describe('what of a body cannot be parsed is masked as far as it cannot be told from a secret', () => {
  const redactor = createRedactor()
  const long = `,"x":"${'y'.repeat(9_000)}`
  test.each([
    ['JSON that was cut', `{"password":["canary"],"a":1${long}`],
    ['JSON that was cut in a nested secret', `{"secret":{"a":{"b":"canary"}}${long}`],
    ['lines of JSON', '{"password":["canary"]}\n{"access_token":{"v":"canary"}}'],
    ['JSON behind a guard', ')]}\',\n{"access_token":{"v":"canary"}}'],
    ['JSON as text in JSON', JSON.stringify({ Body: JSON.stringify({ password: ['canary'] }) })],
    [
      'JSON as text in JSON as text in JSON',
      JSON.stringify({ Body: JSON.stringify({ Message: JSON.stringify({ password: 'canary' }) }) }),
    ],
    ['JSON as text in JSON that was cut', `{"Body":"{\\"password\\":\\"canary\\"}"${long}`],
    ['JSON as text in JSON that has its quotes as escapes', 'body: {\\u0022password\\u0022:\\u0022a\\\\u0022, canary\\u0022}'],
    ['a script that has its quotes as escapes', '\\x27password\\x27: \\x27a canary\\x27'],
    ['a value with blanks', 'password = a canary'],
    ['an element with blanks', '<password>a canary</password>'],
    ['an element with attributes', '<ns:password type="x">canary</ns:password>'],
    ['an element with CDATA', '<password><![CDATA[canary]]></password>'],
    ['an element that was cut', '<password>canary'],
    ['single quotes', "{'password':'a canary'}"],
    ['a header with another scheme', 'Authorization: Token canary'],
    ['a header with parameters', 'Authorization: Digest username="u", response="canary"'],
    ['cookies', 'cookie: a=canary; b=canary'],
    ['form names with brackets', 'user[password]=canary&a=1'],
    ['form names with dots', 'user.password=canary&a=1'],
    ['form names of lists', 'password[]=canary&a=1'],
    ['form names with an index', 'password[0]=canary&a=1'],
    ['form names with members', 'password[value]=canary&a=1'],
    ['form names with dotted members', 'password.value=canary&a=1'],
    ['form names of lists in members', 'user[password][]=canary&a=1'],
    ['a form with a line break at its end', 'user%5Bpassword%5D=canary\n'],
    ['a form with an escaped underscore', 'refresh%5Ftoken=canary\r\n'],
    ['a form with an escaped letter', 'pass%77ord=canary\n'],
    ['a form over several lines', 'a=1\npass%77ord=canary'],
    ['a value with a comma', 'password: ab,canary'],
    ['a value with a semicolon', 'Password=ab;canary'],
    ['a value with an ampersand', 'password: ab&canary'],
    ['a value with brackets', 'password: ab}]<canary'],
    ['a value of several lines', 'user: x\npassword: |\n  ab\n\n  canary\nid: 1'],
    ['a list of values', 'password:\n- ab\n- canary'],
    ['a Ruby hash', '{"password"=>"ab, canary"}'],
    ['a line break as an escape', '{"log":"a\\npassword: canary'],
    ['JSON with an escaped letter that was cut', '{"pass\\u0077ord":"canary","a'],
    ['JSON as text with an escaped letter that was cut', '{"Body":"{\\"pass\\\\u0077ord\\":\\"canary\\"'],
    ['multipart', '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nab\r\ncanary\r\n--b--'],
    ['multipart with single quotes', '--b\nContent-Disposition: form-data; filename="a"; name=\'password\'\n\ncanary'],
    ['multipart as text in JSON that was cut', '{"data":"--b\\r\\nContent-Disposition: x; name=\\"password\\"\\r\\n\\r\\ncanary'],
    ['a value with quotes inside', "password: 'ab''canary'"],
    ['a value that goes on behind its quotes', 'password="ab"canary'],
    ['a URL', 'https://a.example/cb?access_token=canary'],
    ['a URL with a fragment', 'https://a.example/cb#state=1&access_token=canary'],
    ['a URL in a URL', 'see https://a.example/?to=https%3A%2F%2Fb.example%2F%3Faccess_token%3Dcanary for more'],
    ['a URL in a URL in JSON', JSON.stringify({ to: `https://a.example/?to=${encodeURIComponent('/?a=1&token=canary')}` })],
    ['a form in a form in a form', `a=${encodeURIComponent(`b=${encodeURIComponent('token=canary')}`)}`],
    ['an encoded form in JSON', JSON.stringify({ state: encodeURIComponent('a=1&password=can ary canary') })],
    ['a form encoded twice in JSON', JSON.stringify({ state: encodeURIComponent(encodeURIComponent('password=canary')) })],
    ['encoded JSON', encodeURIComponent(JSON.stringify({ password: 'ab, canary' }))],
    ['encoded JSON in a URL', `https://a.example/?claims=${encodeURIComponent(JSON.stringify({ a: { id_token: 'canary' } }))}`],
    ['a name behind an escape', 'at cb%3Fstate%3D1%26access_token=canary'],
    ['a scheme in an encoded text', JSON.stringify({ log: 'sent%20Bearer%20canary-0' })],
    ['a scheme in a form in JSON', JSON.stringify({ log: 'header=Bearer+canary-0' })],
    ['JSON in HTML', '<pre>Unexpected token in {&quot;id&quot;:1,&quot;password&quot;:&quot;ab&amp;b: canary&quot;}</pre>'],
    ['JSON in HTML by number', '<pre>{&#34;password&#34;: &#34;ab canary&#34;}</pre>'],
    ['JSON in HTML that was cut', '<pre>&quot;password&quot;:&quot;ab\ncanary'],
    ['XML in XML', '<detail>&lt;x:Password type="a"&gt;ab\ncanary&lt;/x:Password&gt;</detail>'],
    ['multipart that was cut', '--b\nx: y\nContent-Disposition: form-data; name=user[password]; a=b\n\n--canary'],
  ])('%s', (_name, body) => {
    const shown = JSON.stringify(redactor.body(body))
    expect(shown).not.toContain('canary')
    expect(shown).toContain('***')
  })

  test('and what is no secret is shown', () => {
    expect(redactor.body('<user><name>Ada</name><password>x</password><id>7</id></user>')).toBe(
      '<user><name>Ada</name><password>***</password><id>7</id></user>',
    )
    expect(redactor.body(JSON.stringify({ Body: '{"a":1,"password":"x"}' }))).toEqual({ Body: '{"a":1,"password":"***"}' })
    expect(redactor.body('name=Ada&password=x&id=7')).toBe('name=Ada&password=***&id=7')
    expect(redactor.body('name: Ada\npassword: x, id: 7; a%5Fb=c\nrole: y')).toBe(
      'name: Ada\npassword: ***, id: 7; a_b=c\nrole: y',
    )
    expect(redactor.body('name: Ada\npassword: |\n  x\n  y\nrole: z')).toBe('name: Ada\npassword: ***\nrole: z')
    expect(redactor.text('connect to https://token.example.com:8443/a%5Fb')).toBe(
      'connect to https://token.example.com:8443/a%5Fb',
    )
    expect(redactor.body('to=https%3A%2F%2Fb.example%2Fcb%3Fa%3D1%26token%3Dx&a=1')).toBe(
      'to=https%3A%2F%2Fb.example%2Fcb%3Fa%3D1%26token%3D***&a=1',
    )
    expect(redactor.body('<p>{&quot;password&quot;:&quot;x&quot;,&quot;id&quot;:7}</p>')).toBe(
      '<p>{&quot;password&quot;:***,&quot;id&quot;:7}</p>',
    )
    expect(redactor.body('<a>&lt;token/&gt;&lt;token&gt;x&lt;/token&gt;&lt;id&gt;7&lt;/id&gt;</a>')).toBe(
      '<a>&lt;token/&gt;&lt;token&gt;***&lt;/token&gt;&lt;id&gt;7&lt;/id&gt;</a>',
    )
    const part = (name: string, value: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"${value}\r\n`
    expect(redactor.body(`${part('a', '\r\n\r\n1')}${part('password', '\r\n\r\nx')}${part('c', '\r\n\r\n2')}--b--`)).toBe(
      `${part('a', '\r\n\r\n1')}${part('password', '***').replace(/\r\n$/, '\n')}${part('c', '\r\n\r\n2')}--b--`,
    )
  })

  test('in time that grows with the length alone', () => {
    redactor.body(JSON.stringify({ [`${'a'.repeat(900_000)}!`]: 1 }))
    for (const text of [
      '<password>'.repeat(100_000),
      'password="'.repeat(100_000),
      '"password":'.repeat(90_000),
      '<a '.repeat(300_000),
      ...['a]', ']', '[', '\\', ',[', ',]', ', ', '{"', '\n', '\\u0061', '%61'].map((run) => `password=,${run.repeat(100_000)}`),
      ...['a]', ']', '[', '\\', ',[', ',]', ', ', '{"', '\n', '\\u0061', '%61'].map((run) => `a,${run.repeat(100_000)}`),
      'http://'.repeat(100_000),
      'http://?'.repeat(100_000),
      'content-disposition: a; name=password\n'.repeat(20_000),
      '--b\ncontent-disposition: a; name=password\n'.repeat(20_000),
      `content-disposition:${' name'.repeat(100_000)}`,
      'content-disposition:'.repeat(50_000),
      'http://a/token: '.repeat(50_000),
      `http://${'a/token:'.repeat(100_000)} `,
      `http://${'/'.repeat(500_000)}token: `,
      'Bearer '.repeat(100_000),
      `Bearer ${'a'.repeat(500_000)}=`,
      ...[
        '%25',
        '%2525',
        '%2',
        '%22',
        '%2522',
        '%5C',
        '&quot;',
        '&lt;token ',
        '&lt;a ',
        'token%25',
        '"%22',
        'Bearer+',
        'token:&quot;',
      ].flatMap((run) => [run.repeat(50_000), `token${run.repeat(50_000)}`]),
    ]) {
      const startedAt = performance.now()
      redactor.text(text)
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
  })
})

describe('what is no secret stays readable', () => {
  const redactor = createRedactor()
  test.each([
    ['the end of a path', 'POST https://idp.example/oauth/token: no connection (ECONNREFUSED)'],
    ['the end of a path in brackets', 'no answer (https://[::1]:8443/v1/secret: timed out), gave up'],
    ['the end of a path in JSON', '{"cause":"PUT http://idp.example/users/7/password: answered 503"'],
    ['the port of a host in a URL in a URL', 'to=https%3A%2F%2Ftoken.example%3A8443%2Fa, https%253A%252F%252Fsecret%253A8443'],
    ['escaped words', 'the token%20is %22good%22, &quot;token&quot; and &lt;id&gt; are names'],
    ['a place in a stack', 'Error: x\n    at getToken (file:///app/src/token.ts:12:3)\n    at /app/src/password.mjs:7:1'],
    ['a place of another language', 'at idp.Token.get(Token.java:12)'],
    ['a plan', 'basic plan for two, basic services, basic read/write access. The bearer of news, a basic internationalization'],
    ['what people say of a scheme', 'Bearer token expired; Basic authentication is needed; DPoP proof is missing'],
    ['a challenge', 'www-authenticate: Bearer realm="api", error="invalid_token", error_description="it has expired"'],
    ['a challenge without quotes', 'Bearer scope=read'],
    ['challenges', 'Basic realm="a, b", charset="UTF-8", DPoP algs="ES256 PS256"'],
    ['a challenge as text in JSON', '{"header":"Bearer resource_metadata=\\"https://a.example/x\\""'],
  ])('%s', (_what, text) => {
    expect(redactor.text(text)).toBe(text)
    expect(redactor.body(text)).toBe(text)
  })

  test('a challenge in a header', () => {
    const headers = { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' }
    expect(redactor.headers(headers)).toEqual(headers)
  })
})

describe('what cannot be told from a secret is masked, however much it looks like a path, a place or prose', () => {
  const redactor = createRedactor()
  test.each([
    ['a parameter of a query', 'see https://a.example/?token=canary'],
    ['a parameter behind a slash', 'https://a.example/token=canary'],
    ['a name and another one', 'Username/Password: canary'],
    ['a name in a comment', '//password: canary'],
    ['a name of a store of parameters', '/prod/db/password: canary'],
    ['a path in a query', 'x?to=https://a.example/password: canary'],
    ['the end of a path without a blank', 'https://a.example/token:canary'],
    ['a user of a URL', 'https://token:canary@a.example/'],
    ['a file with a value', 'password.ts: canary'],
    ['a file with digits that are no place', 'token.ts:12canary'],
    ['a file with more digits that are no place', 'token.ts:12:3canary'],
    ['a value with digits', 'password.value:12:3 canary'],
    ['a scheme as headers have it', 'invalid header value Bearer canary'],
    ['a scheme and nothing else', 'bearer canary'],
    ['Basic and nothing else', 'Basic canary'],
    ['what begins like prose', 'invalid value Bearer authcanary'],
    ['a short password', 'Basic YTpiCanary'],
    ['small letters and a digit', 'bearer canary-1 and basic canary12=='],
    ['a long word', 'bearer canarycanarycanarycanary'],
    ['capitals inside', 'got basic cAnarycanary'],
    ['Base64 before a quote', '{"a":"Basic canaryX="}'],
    ['Base64 before an escaped quote', '{\\"a\\":\\"basic canaryX1=\\",\\"b\\":1'],
    ['a secret in a challenge', 'Bearer realm="api", token="canary"'],
    ['prose with a sign', 'Unexpected token: canary'],
  ])('%s', (_what, text) => {
    expect(redactor.text(text).toLowerCase()).not.toContain('canary')
  })
})
