import { build } from 'esbuild'
import { expect, test } from 'vitest'

async function browserBundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

test('a browser bundle of the client can be made where the package redis is installed, and carries nothing of it', async () => {
  await expect(import('redis')).resolves.toHaveProperty('createClient')
  const code = await browserBundle("import { HttpClient } from '../src/index.ts'\nglobalThis.client = new HttpClient()")
  expect(code).toContain('var HttpClient = class {')
  expect(code).not.toMatch(/from\s*["']node:|RedisTokenStorage|MockTokenProvider|startOAuthServer/)
})

test('a storage on Redis with a url says in a browser what it lacks', async () => {
  const code = await browserBundle(`
    import { RedisTokenStorage } from '../src/index.ts'
    export const answer = new RedisTokenStorage({ url: 'redis://127.0.0.1:1' }).get('key')
  `)
  const { answer }: { answer: Promise<unknown> } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  await expect(answer).rejects.toMatchObject({
    code: 'configuration',
    option: 'url',
    message: expect.stringContaining('{ client }'),
  })
})
