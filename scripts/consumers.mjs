// Installs the packed tarballs into empty directories, and uses them there as people will.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { capture, packageNames, root } from './workspace.mjs'

const fixtures = join(root, 'scripts', 'consumer')

/** @throws Error with what went wrong */
export async function checkConsumers(tarballs) {
  const directory = mkdtempSync(join(tmpdir(), 'requestforge-consumer-'))
  try {
    await installAll(directory, tarballs)
    await must('node', ['esm.mjs'], directory)
    await must('node', ['cjs.cjs'], directory)
    await must('npx', ['--no-install', 'jest', '--rootDir', '.', 'jest.test.js'], directory)
    const compiled = await compileTypes(directory)
    await checkBrowserBundle(directory)
    checkBorrowedTypes(directory)
    await checkAlone(tarballs)
    return `esm, cjs, jest, ${compiled}, browser bundle, each package alone`
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function must(program, args, cwd) {
  const { code, output } = await capture(program, args, { cwd })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}\n${output.slice(-8_000)}`)
}

async function installAll(directory, tarballs) {
  const dependencies = Object.fromEntries(packageNames.map((name) => [scoped(name), `file:${tarballs[name]}`]))
  writeManifest(directory, { ...dependencies, jest: '30.5.2' })
  cpSync(fixtures, directory, { recursive: true })
  await must('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], directory)
}

function writeManifest(directory, dependencies) {
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', private: true, dependencies }))
}

function scoped(name) {
  return name === 'requestforge' ? name : `@requestforge/${name}`
}

/** Without skipLibCheck: the published types must stand on their own, in every way of resolving modules, for two compilers. */
async function compileTypes(directory) {
  const original = join(root, '..', 'shared', 'design', 'types', 'original-examples.ts')
  const hasOriginal = existsSync(original)
  if (hasOriginal) cpSync(original, join(directory, 'original-examples.ts'))
  const compilers = [
    ['tsc', 'TypeScript 7'],
    ['tsc6', 'TypeScript 6'],
  ]
  const modes = [
    { module: 'NodeNext', moduleResolution: 'NodeNext' },
    { module: 'Node16', moduleResolution: 'Node16' },
    { module: 'ESNext', moduleResolution: 'Bundler' },
  ]
  for (const [compiler, name] of compilers) {
    for (const mode of modes) {
      const files = ['types.mts', ...(mode.module === 'ESNext' ? [] : ['types.cts']), ...(hasOriginal ? ['original-examples.ts'] : [])]
      const compilerOptions = { ...mode, ...strictest }
      writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: files.filter((file) => isModuleFile(file, mode)) }))
      const { code, output } = await capture(join(root, 'node_modules', '.bin', compiler), ['-p', directory], { cwd: directory })
      if (code !== 0) throw new Error(`${name}, ${mode.moduleResolution}:\n${output.slice(-8_000)}`)
    }
  }
  return `types by 2 compilers in 3 modes${hasOriginal ? ' with the original’s page' : " (the original's page is not here)"}`
}

/** The original's page is an ES module by its content; under Node's rules its name would make it CommonJS. */
function isModuleFile(file, mode) {
  return file !== 'original-examples.ts' || mode.module === 'ESNext'
}

const strictest = {
  target: 'ES2023',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: false,
  skipLibCheck: false,
  noEmit: true,
}

async function checkBrowserBundle(directory) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    stdin: { contents: "import { HttpClient } from 'requestforge'\nglobalThis.client = new HttpClient()", resolveDir: directory },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: ['redis'],
    logLevel: 'silent',
  })
  const text = outputFiles[0].text
  for (const foreign of [/from\s*["']node:/, /require\(["']node:/, /class MockTokenProvider/, /startOAuthServer/, /RedisTokenStorage/]) {
    if (foreign.test(text)) throw new Error(`a browser bundle of HttpClient holds ${foreign}`)
  }
}

/** Packages that borrow interfaces carry them inside: their types name no other package. */
function checkBorrowedTypes(directory) {
  for (const name of ['retry', 'testing', 'storage-memory', 'storage-redis', 'core']) {
    const dist = join(directory, 'node_modules', scoped(name), 'dist')
    for (const file of readdirSync(dist).filter((each) => /\.d\.c?ts$/.test(each))) {
      const foreign = /(?:from|import\()\s*['"]((?!\.)[^'"]+)['"]/.exec(readFileSync(join(dist, file), 'utf8'))
      if (foreign !== null) throw new Error(`the types of ${name} name ${foreign[1]} (${file})`)
    }
  }
}

const needs = { oauth: ['core'], requestforge: packageNames }

/** Each package makes sense alone: installed with what it depends on, and nothing else. */
async function checkAlone(tarballs) {
  for (const name of packageNames) {
    const directory = mkdtempSync(join(tmpdir(), `requestforge-${name}-`))
    try {
      mkdirSync(directory, { recursive: true })
      const names = [...new Set([name, ...(needs[name] ?? [])])]
      writeManifest(directory, Object.fromEntries(names.map((each) => [scoped(each), `file:${tarballs[each]}`])))
      await must('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'], directory)
      await must('node', ['--input-type=module', '-e', `const m = await import('${scoped(name)}'); if (Object.keys(m).length === 0) throw new Error('nothing is exported')`], directory)
      await must('node', ['-e', `if (Object.keys(require('${scoped(name)}')).length === 0) throw new Error('nothing is exported')`], directory)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
