// npm run check: every gate, one line each; the output of those that fail. --tests runs the tests too and ends on a line that counts.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkConsumers } from './consumers.mjs'
import { checkHygiene } from './hygiene.mjs'
import { pack } from './pack.mjs'
import { reportSizes } from './sizes.mjs'
import { checkSnippets } from './snippets.mjs'
import { checkExamples } from './examples.mjs'
import { capture, env, installPackages, packageNames, root, run } from './workspace.mjs'

const withTests = process.argv.includes('--tests')
const outcomes = []

/** Runs one gate; it fails by throwing, or by a command that does not exit with 0. */
async function gate(name, work) {
  const startedAt = performance.now()
  let problem
  let remark = ''
  try {
    remark = (await work()) ?? ''
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name.padEnd(24)} ${seconds.padStart(6)} s  ${remark}`)
  if (problem !== undefined) console.log(problem.replace(/^/gm, '    '))
  outcomes.push({ name, ok: problem === undefined })
}

/** A gate that is one command. */
function command(program, ...args) {
  return async () => {
    const { code, output } = await capture(program, args)
    if (code !== 0) throw new Error(output.slice(-20_000))
  }
}

await installPackages()
let tests = { passed: 0, failed: 0, skipped: 0 }
if (withTests) await gate('tests', runTests)
await gate('format and lint', command('biome', 'ci', '--error-on-warnings', '.'))
await gate('types (TypeScript 7)', command('turbo', 'run', 'types', '--output-logs=errors-only'))
await gate('types (TypeScript 6)', typesWithTypeScript6)
await gate('dead code', command('knip', '--no-progress'))
await gate('duplicate dependencies', checkDuplicates)
await gate('changesets', checkChangesets)
await gate('hygiene', checkHygiene)
let tarballs
await gate('build and pack', async () => {
  tarballs = await pack()
  return `${Object.keys(tarballs).length} tarballs`
})
if (tarballs !== undefined) {
  await gate('publint', () => onTarballs((tarball) => ['publint', ['run', tarball, '--strict']]))
  await gate('are the types wrong', () => onTarballs((tarball) => ['attw', [tarball, '--profile', 'node16']]))
  await gate('sizes', reportSizes)
  await gate('consumers', () => checkConsumers(tarballs))
  await gate('docs snippets', checkSnippets)
  await gate('examples', checkExamples)
}

const failed = outcomes.filter(({ ok }) => !ok)
if (failed.length > 0) console.log(`\nfailed: ${failed.map(({ name }) => name).join(', ')}`)
if (withTests) {
  const gates = outcomes.filter(({ name }) => name !== 'tests')
  const passedGates = gates.filter(({ ok }) => ok).length
  const failures = Math.max(tests.failed, outcomes[0].ok ? 0 : 1) + gates.length - passedGates
  console.log(`${tests.passed + passedGates} passed, ${failures} failed, ${tests.skipped} skipped`)
}
process.exit(failed.length === 0 ? 0 : 1)

/** Calls the README's test command, and reads the counts from vitest's own report. */
async function runTests() {
  const report = join(root, 'coverage', 'tests.json')
  rmSync(report, { force: true })
  const code = await run('npm', ['test', '--', '--coverage', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], { env })
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'))
  tests = { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
  if (code !== 0) throw new Error('npm test failed: see above')
  return `${tests.passed} passed`
}

async function typesWithTypeScript6() {
  for (const name of packageNames) {
    const { code, output } = await capture('tsc6', ['-p', `packages/${name}`])
    if (code !== 0) throw new Error(`${name}:\n${output}`)
  }
}

async function onTarballs(commandFor) {
  for (const tarball of Object.values(tarballs)) {
    const [program, args] = commandFor(tarball)
    const { code, output } = await capture(program, args)
    if (code !== 0) throw new Error(`${tarball}:\n${output}`)
  }
}

/** Two versions of a package that ships with ours would be two copies of its state in every program. */
async function checkDuplicates() {
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  for (const name of ['ofetch', 'undici', 'oauth4webapi', 'lru-cache', 'redis']) {
    const found = new Set([...lock.matchAll(new RegExp(`^  ${name}@([\\d.]+)`, 'gm'))].map((match) => match[1]))
    const mayHaveMore = name === 'lru-cache' || name === 'undici' // development tools bring their own
    if (found.size === 0 || (found.size > 1 && !mayHaveMore)) throw new Error(`${name} is there in ${[...found].join(', ') || 'no version'}`)
  }
}

/** On a branch, a change to a package needs a changeset; on main there is nothing to compare with. */
async function checkChangesets() {
  const branch = await capture('git', ['rev-parse', '--abbrev-ref', 'HEAD'])
  if (branch.output.trim() === 'main') return 'on main: nothing to compare'
  const { code, output } = await capture('changeset', ['status', '--since=origin/main'])
  if (code !== 0) throw new Error(output)
}
