import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const script = fileURLToPath(new URL('fixtures/one-process.ts', import.meta.url))
const hung = fileURLToPath(new URL('fixtures/hung-process.ts', import.meta.url))

const canRunTypeScript = process.features.typescript !== false && process.features.typescript !== undefined

describe.skipIf(!canRunTypeScript)('a process', () => {
  it.concurrent.each(['UTC', 'Asia/Tehran', 'America/New_York', 'Pacific/Kiritimati'])(
    'in %s sees tokens live as long as everywhere, and ends by itself',
    async (zone) => {
      const { stdout, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
        env: { ...process.env, TZ: zone },
        timeout: 30_000,
      })
      expect([stdout.trim(), stderr]).toEqual([JSON.stringify(['token-1', true, true, 'token-2', true]), ''])
    },
    40_000,
  )

  it.each([
    ['only a background renewal waits for it', 'due', 2],
    ['every caller has gone', 'aborted', 1],
  ])(
    'ends by itself while its identity provider hangs, when %s',
    async (_name, scene, asked) => {
      const { stdout, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', hung, scene], {
        timeout: 30_000,
      })
      expect([stdout.trim(), stderr]).toEqual([String(asked), ''])
    },
    40_000,
  )
})
