import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './vitest.sequencer.ts'

const packageNames = readdirSync('packages')

export default defineConfig({
  test: {
    // Real sockets and processes on a busy machine of two cores: slow is not wrong.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Two at least: the fleets of processes mostly wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    expect: { poll: { timeout: 10_000 } },
    setupFiles: [fileURLToPath(new URL('vitest.setup.ts', import.meta.url))],
    projects: packageNames.map((folder) => ({
      extends: true,
      root: `packages/${folder}`,
      test: { name: folder === 'requestforge' ? folder : `@requestforge/${folder}` },
    })),
    coverage: {
      include: ['packages/*/src/**'],
      reporter: ['json-summary', 'html'],
      reportOnFailure: true,
    },
  },
})
