// Runs the tests by the README's command, and reads what came of them from vitest's own report.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../workspace.mjs'

const report = join(root, 'coverage', 'tests.json')
const coverage = join(root, 'coverage', 'coverage-summary.json')

/** @returns the counts, whether all is well, and the coverage in a few words */
export async function runTests() {
  for (const file of [report, coverage]) rmSync(file, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await run('npm', ['test', '--', '--coverage', ...reporters])
  if (!existsSync(report)) return { ok: false, passed: 0, failed: 1, skipped: 0, remark: 'there is no report' }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'))
  // A file that does not even load has no failed test, and fails all the same.
  const failed = code === 0 ? 0 : Math.max(numFailedTests, 1)
  return { ok: code === 0, passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests, remark: coverageRemark() }
}

function coverageRemark() {
  if (!existsSync(coverage)) return ''
  const { lines, branches } = JSON.parse(readFileSync(coverage, 'utf8')).total
  return `covers ${lines.pct} % of the lines, ${branches.pct} % of the branches`
}
