// Uses the packed tarballs as people will: from ES modules, CommonJS, TypeScript, jest and a bundler.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, must, packageNames, root, scoped } from '../workspace.mjs'
import { inEmptyDirectory, npmInstall } from './directory.mjs'
import { checkWorker } from './workers.mjs'

const fixtures = join(root, 'scripts', 'gates', 'consumer')

/** @throws Error with what went wrong */
export async function checkConsumers(tarballs) {
  return inEmptyDirectory('consumer', async (directory) => {
    cpSync(fixtures, directory, { recursive: true })
    const runtimes = otherRuntimes()
    const worker = workerRuntime()
    const others = Object.fromEntries([...runtimes, ...worker].map(({ name, version }) => [name, version]))
    const oldest = { typescript57: 'npm:typescript@5.7.3' }
    await npmInstall(directory, tarballs, packageNames, { jest: '30.5.2', '@types/node': '24.19.2', ...oldest, ...others })
    const installed = runtimes.map(({ name, file, ...runtime }) => ({
      ...runtime,
      file: join(directory, 'node_modules', name, file),
    }))
    for (const { file, run = [] } of [{ file: 'node' }, ...installed]) {
      await must(file, [...run, 'esm.mjs'], { cwd: directory })
      await must(file, [...run, 'cjs.cjs'], { cwd: directory })
    }
    await must('npx', ['--no-install', 'jest', '--rootDir', '.', 'jest.test.js'], { cwd: directory })
    for (const { name, file } of worker) await checkWorker(directory, join(directory, 'node_modules', name, file))
    const compiled = await compileTypes(directory)
    await checkBrowserBundle(directory)
    checkBorrowedTypes(directory)
    checkBundledLicences(directory)
    const where = ['this Node', ...[...installed, ...worker].map(({ title }) => title)].join(', ')
    return `ES modules and CommonJS on ${where}; jest, ${compiled}, browser bundle`
  })
}

/** Other versions of Node, and other runtimes, where the registry has them for this machine. */
function otherRuntimes() {
  const arch = { x64: ['x64', 'x64', 'x64'], arm64: ['arm64', 'aarch64', 'arm64'] }[process.arch]
  if (process.platform !== 'linux' || arch === undefined) return []
  const [node, bun, deno] = arch
  return [
    { title: 'Node 20', name: 'node20', version: `npm:node-linux-${node}@20`, file: 'bin/node' },
    { title: 'Node 22', name: 'node22', version: `npm:node-linux-${node}@22`, file: 'bin/node' },
    { title: 'Bun', name: `@oven/bun-linux-${bun}`, version: '1.4.5', file: 'bin/bun' },
    { title: 'Deno', name: `@deno/linux-${deno}-glibc`, version: '2.9.6', file: 'deno', run: ['run', '--allow-all'] },
  ]
}

/** The runtime of edge workers, where the registry has it for this machine. */
function workerRuntime() {
  const arch = { x64: '64', arm64: 'arm64' }[process.arch]
  if (process.platform !== 'linux' || arch === undefined) return []
  return [{ title: 'workerd', name: `@cloudflare/workerd-linux-${arch}`, version: '1.20261117.1', file: 'bin/workerd' }]
}

const modes = [
  { module: 'NodeNext', moduleResolution: 'NodeNext' },
  { module: 'Node16', moduleResolution: 'Node16' },
  { module: 'ESNext', moduleResolution: 'Bundler' },
  // A service without the DOM's types, and a page with an older `lib`.
  { module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2023'], types: ['node'] },
  { module: 'ESNext', moduleResolution: 'Bundler', target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'] },
]

/** Without skipLibCheck: the published types must stand on their own, in every way of resolving modules, for three compilers. */
async function compileTypes(directory) {
  const original = join(root, '..', 'shared', 'design', 'types', 'original-examples.ts')
  const hasOriginal = existsSync(original)
  // An ES module by its content; under Node's rules only this name makes it one.
  if (hasOriginal) cpSync(original, join(directory, 'original-examples.mts'))
  await writeValues(directory)
  for (const mode of modes) {
    const commonJs = mode.module === 'ESNext' ? [] : ['types.cts']
    // The original's page logs to the console, which is the DOM's or Node's.
    const files = ['types.mts', 'values.mts', ...commonJs, ...(hasOriginal ? ['original-examples.mts'] : [])]
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...strictest, ...mode }, files }))
    for (const compiler of ['tsc', 'tsc6', join(directory, 'node_modules', 'typescript57', 'bin', 'tsc')]) {
      const { code, output } = await capture(compiler, ['-p', directory], { cwd: directory })
      if (code !== 0) throw new Error(`${compiler}, ${mode.moduleResolution}:\n${output}`)
    }
  }
  return `types by 3 compilers in 5 modes${hasOriginal ? " with the original's page" : " (the original's page is not here: not compiled)"}`
}

/** A module that compiles only if what the types call a value is one when it runs, and the other way round. */
async function writeValues(directory) {
  const modules = [...packageNames.map(scoped), '@requestforge/core/errors', '@requestforge/core/opentelemetry']
  const list =
    'console.log(JSON.stringify(await Promise.all(process.argv.slice(1).map(async (m) => [m, Object.keys(await import(m))]))))'
  const names = JSON.parse(await must('node', ['--input-type=module', '-e', list, ...modules], { cwd: directory }))
  const lines = names.map(([module, values], index) => {
    const members = values.map((value) => `${value}: true`).join(', ')
    return `import type * as m${index} from '${module}'\nexport const values${index}: Record<keyof typeof m${index}, true> = { ${members} }`
  })
  writeFileSync(join(directory, 'values.mts'), lines.join('\n'))
}

const strictest = {
  target: 'ES2023',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
  noEmit: true,
}

const foreignToBrowsers = [
  [/from\s*["']node:/, 'imports a built-in of Node'],
  [/(?:require|import)\(["']node:/, 'loads a built-in of Node'],
  [/MockTokenProvider|startOAuthServer|ManualClock/, 'carries the testing package'],
  [/RedisTokenStorage/, 'carries the storage on Redis'],
]

/** What tree-shaking leaves of the meta package when only the client is used. */
async function checkBrowserBundle(directory) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    stdin: { contents: "import { HttpClient } from 'requestforge'\nglobalThis.client = new HttpClient()", resolveDir: directory },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  })
  for (const [pattern, what] of foreignToBrowsers) {
    const match = pattern.exec(outputFiles[0].text)
    if (match !== null)
      throw new Error(
        `a browser bundle of HttpClient ${what}: … ${outputFiles[0].text.slice(match.index - 60, match.index + 60)} …`,
      )
  }
}

/** Packages that borrow interfaces carry them inside: their types name no other package. */
function checkBorrowedTypes(directory) {
  for (const name of ['core', 'retry', 'testing', 'storage-memory', 'storage-redis']) {
    const dist = join(directory, 'node_modules', scoped(name), 'dist')
    for (const file of readdirSync(dist).filter((each) => /\.d\.c?ts$/.test(each))) {
      const foreign = /(?:from|import\()\s*['"]((?!\.)[^'"]+)['"]/.exec(readFileSync(join(dist, file), 'utf8'))
      if (foreign !== null) throw new Error(`the types of ${name} name ${foreign[1]} (${file})`)
    }
  }
}

/** What a build has taken in of others, as its source map tells, comes with their licences. */
function checkBundledLicences(directory) {
  for (const name of packageNames) {
    const dist = join(directory, 'node_modules', scoped(name), 'dist')
    const maps = readdirSync(dist).filter((file) => file.endsWith('.map'))
    const sources = maps.flatMap((file) => JSON.parse(readFileSync(join(dist, file), 'utf8')).sources)
    const inside = sources
      .map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1])
      .filter((each) => each !== undefined)
    for (const each of new Set(inside)) {
      const licence = join(dist, `${each.replace('/', '+')}.LICENSE.md`)
      if (!existsSync(licence)) throw new Error(`${name} carries ${each} inside, without its licence`)
    }
  }
}

/** Each package makes sense alone: installed with what it depends on, and nothing else. @throws Error that names the package */
export async function checkAlone(tarballs) {
  for (const name of packageNames) {
    await inEmptyDirectory(name, async (directory) => {
      await npmInstall(directory, tarballs, [name])
      const module = scoped(name)
      const notEmpty = "if (Object.keys(all).length === 0) throw new Error('nothing is exported')"
      await must('node', ['--input-type=module', '-e', `import * as all from '${module}'; ${notEmpty}`], { cwd: directory })
      await must('node', ['-e', `const all = require('${module}'); ${notEmpty}`], { cwd: directory })
    })
  }
  return `${packageNames.length} packages`
}
