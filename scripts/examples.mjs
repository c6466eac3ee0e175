// Runs every example as its README says.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, ensureRedisServer, env, root } from './workspace.mjs'

/** @throws Error with the output of the examples that failed */
export async function checkExamples() {
  ensureRedisServer()
  const names = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, 'package.json')))
  const problems = []
  for (const name of names) {
    const cwd = join(root, 'examples', name)
    const { scripts } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
    const path = `${join(cwd, 'node_modules', '.bin')}:${env.PATH}`
    const { code, output } = await capture('sh', ['-c', scripts.start ?? scripts.test], { cwd, env: { ...env, PATH: path } })
    if (code !== 0) problems.push(`${name}:\n${output}`)
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return names.join(', ')
}
