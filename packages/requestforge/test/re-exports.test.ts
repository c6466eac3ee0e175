import * as core from '@requestforge/core'
import * as oauth from '@requestforge/oauth'
import * as retry from '@requestforge/retry'
import * as memory from '@requestforge/storage-memory'
import * as redis from '@requestforge/storage-redis'
import * as testing from '@requestforge/testing'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import * as requestforge from '../src/index.ts'

const packages: Readonly<Record<string, object>> = {
  core,
  oauth,
  retry,
  'storage-memory': memory,
  'storage-redis': redis,
  testing,
}

describe.each(Object.entries(packages))('%s', (name, exported) => {
  it('has each of its exports at the top level, none lost to another of the same name', () => {
    expect(requestforge).toMatchObject(exported)
  })

  it('has a subpath with exactly its exports, in the workspace and as published', async () => {
    expect(await import(`../src/${name}.ts`)).toEqual(exported)
    expect(manifest.exports).toHaveProperty([`./${name}`], `./src/${name}.ts`)
    expect(manifest.publishConfig.exports).toHaveProperty([`./${name}`, 'require', 'default'], `./dist/${name}.cjs`)
    expect(manifest.publishConfig.exports).toHaveProperty([`./${name}`, 'import', 'default'], `./dist/${name}.js`)
  })
})

it('has nothing else at the top level', () => {
  expect(Object.keys(requestforge).sort()).toEqual([...new Set(Object.values(packages).flatMap(Object.keys))].sort())
})
