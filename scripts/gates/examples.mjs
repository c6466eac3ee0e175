// Runs every example in a directory outside of the workspace, on the packed tarballs, with its own command.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureRedisServer, warnWithoutRedis } from '../redis.mjs'
import { capture, env, packageNames, root, scoped } from '../workspace.mjs'
import { inEmptyDirectory, npmInstall } from './directory.mjs'

const folder = join(root, 'examples')

/** @param chosen names of examples; none means all @throws Error with the output of those that failed */
export async function checkExamples(tarballs, chosen = []) {
  const examples = readdirSync(folder).filter(
    (name) => existsSync(join(folder, name, 'package.json')) && manifestOf(name).scripts,
  )
  const names = examples.filter((name) => chosen.length === 0 || chosen.includes(name))
  if (names.length === 0) throw new Error(`there is no example ${chosen.join(', ')}; there are ${examples.join(', ')}`)
  if (!(await ensureRedisServer())) warnWithoutRedis('EXAMPLES THAT NEED IT ARE SKIPPED')
  return inEmptyDirectory('examples', async (directory) => {
    // The workspace's own compiler settings stay behind: they extend a file that is not there.
    const belongs = (source) => !source.includes('node_modules') && source !== join(folder, 'tsconfig.json')
    cpSync(folder, directory, { recursive: true, filter: belongs })
    await npmInstall(directory, tarballs, packageNames, dependenciesOf(names))
    const problems = []
    for (const name of names) {
      // The demonstration has a command of its own.
      const command = name === 'demo' ? 'npm run demo' : `npm run examples -- ${name}`
      if (!readFileSync(join(folder, name, 'README.md'), 'utf8').includes(command))
        problems.push(`${name}: its README does not say \`${command}\``)
      const { code, output } = await runExample(directory, name)
      if (code !== 0) problems.push(`${name}:\n${output}`)
      else if (chosen.length > 0) console.log(output)
    }
    if (problems.length > 0) throw new Error(problems.join('\n'))
    return names.join(', ')
  })
}

/** What the examples need besides our packages; one installation serves them all. */
function dependenciesOf(names) {
  const all = Object.assign(
    {},
    ...names
      .map((name) => manifestOf(name))
      .map(({ dependencies, devDependencies }) => ({ ...dependencies, ...devDependencies })),
  )
  for (const name of packageNames) delete all[scoped(name)]
  return all
}

function manifestOf(name) {
  return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
}

function runExample(directory, name) {
  const { scripts } = manifestOf(name)
  const path = [join(directory, 'node_modules', '.bin'), env.PATH].join(delimiter)
  return capture('sh', ['-c', scripts.start ?? scripts.test], { cwd: join(directory, name), env: { ...env, PATH: path } })
}
