// npm run check: every gate, one line each, with the output of those that fail. --tests runs the tests first, and ends on a line that counts.
import { checkChangesets } from './gates/changesets.mjs'
import { checkAlone, checkConsumers } from './gates/consumers.mjs'
import { checkDuplicates, checkLicences, reportAdvisories } from './gates/dependencies.mjs'
import { checkExamples } from './gates/examples.mjs'
import { checkHygiene } from './gates/hygiene.mjs'
import { reportSizes } from './gates/sizes.mjs'
import { checkSnippets } from './gates/snippets.mjs'
import { checkWithAttw, checkWithPublint } from './gates/tarballs.mjs'
import { runTests } from './gates/tests.mjs'
import { checkTypes } from './gates/types.mjs'
import { pack } from './pack.mjs'
import { installPackages, must } from './workspace.mjs'

/** Each throws with what is wrong, or gives a remark. Those with `needs` are skipped when that gate failed. */
const gates = [
  { name: 'format and lint', check: () => must('biome', ['ci', '--colors=off', '--error-on-warnings', '.']).then(() => '') },
  { name: 'types (TypeScript 7)', check: () => checkTypes('tsc') },
  { name: 'types (TypeScript 6)', check: () => checkTypes('tsc6') },
  { name: 'dead code', check: () => must('knip', ['--no-progress', '--no-config-hints']).then(() => '') },
  { name: 'duplicate dependencies', check: checkDuplicates },
  { name: 'licences', check: checkLicences },
  { name: 'advisories', check: reportAdvisories },
  { name: 'changesets', check: checkChangesets },
  { name: 'hygiene', check: checkHygiene },
  { name: 'snippets of the docs', check: checkSnippets },
  { name: 'demonstration', check: () => must('npm', ['run', 'demo']).then(() => '') },
  { name: 'demonstration on Redis', check: () => must('npm', ['run', 'demo', '--', '--redis']).then(() => '') },
  { name: 'build and pack', check: packAll },
  { name: 'publint', needs: 'build and pack', check: () => checkWithPublint(tarballs) },
  { name: 'are the types wrong', needs: 'build and pack', check: () => checkWithAttw(tarballs) },
  { name: 'sizes', needs: 'build and pack', check: reportSizes },
  { name: 'consumers', needs: 'build and pack', check: () => checkConsumers(tarballs) },
  { name: 'each package alone', needs: 'build and pack', check: () => checkAlone(tarballs) },
  { name: 'examples', needs: 'build and pack', check: () => checkExamples(tarballs) },
]

let tarballs
async function packAll() {
  tarballs = await pack()
  return `${Object.keys(tarballs).length} tarballs in artifacts/`
}

const failed = new Set()

async function runGate({ name, needs, check }) {
  const startedAt = performance.now()
  let problem
  let remark = ''
  try {
    if (failed.has(needs)) throw new Error(`not checked: ${needs} failed`)
    remark = await check()
  } catch (error) {
    failed.add(name)
    problem = error instanceof Error ? error.message : String(error)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)
  console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name.padEnd(24)} ${seconds} s  ${remark ?? ''}`.trimEnd())
  if (problem !== undefined) console.log(problem.trimEnd().replace(/^/gm, '    '))
}

await installPackages()
const tests = process.argv.includes('--tests') ? await runTests() : undefined
console.log(
  `\n${tests === undefined ? '' : `tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped; ${tests.remark}\n`}`,
)
for (const gate of gates) await runGate(gate)

if (failed.size > 0) console.log(`\nfailed: ${[...failed].join(', ')}`)
// The last line counts tests and gates: some machines read nothing else.
if (tests !== undefined)
  console.log(`\n${tests.passed + gates.length - failed.size} passed, ${tests.failed + failed.size} failed`)
process.exitCode = failed.size > 0 || tests?.ok === false ? 1 : 0
