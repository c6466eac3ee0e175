import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type * as MutantEntry from './mutant-entry.ts'
import type { Mutation } from './mutation.ts'

const sourceFolder = fileURLToPath(new URL('../../src/', import.meta.url))
const entryPath = fileURLToPath(new URL('mutant-entry.ts', import.meta.url))

/** The simulation with a manager that is wrong: all modules of it are its own. */
export type Mutant = typeof MutantEntry

/** Bundled in memory: nothing is written. @throws {Error} when the text is not in the file exactly once */
export async function loadMutant(mutation: Mutation): Promise<Mutant> {
  const contents = await mutate(mutation)
  const { outputFiles } = await build({
    entryPoints: [entryPath],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    plugins: [replaceFile(`${sourceFolder}${mutation.file}`, contents)],
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  // It is what was bundled.
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`)) as Mutant
}

async function mutate({ file, find, replace, mistake }: Mutation): Promise<string> {
  const source = await readFile(`${sourceFolder}${file}`, 'utf8')
  const times = source.split(find).length - 1
  if (times === 1) return source.split(find).join(replace)
  const advice =
    'the source has changed: give the mutation a text that stands there exactly once, and that makes the same mistake'
  throw new Error(`"${mistake}": ${JSON.stringify(find)} is ${times} times in packages/oauth/src/${file}; ${advice}`)
}

function replaceFile(path: string, contents: string): Plugin {
  return {
    name: 'mutation',
    setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, (file) => (file.path === path ? { contents, loader: 'ts' } : undefined)),
  }
}
