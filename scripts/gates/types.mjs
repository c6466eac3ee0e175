// Compiles everything that is TypeScript here.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { capture, packageNames, root } from '../workspace.mjs'

/** @param compiler `tsc`, which is TypeScript 7, or `tsc6` @throws Error with what the compiler said */
export async function checkTypes(compiler) {
  const projects = [...packageNames.map((name) => join('packages', name)), 'examples', 'bench', 'scripts'].flatMap(projectsIn)
  const problems = []
  const work = projects.values()
  const worker = async () => {
    for (const project of work) {
      const { code, output } = await capture(compiler, ['-p', project, '--noEmit'])
      if (code !== 0) problems.push(`${project}:\n${output}`)
    }
  }
  await Promise.all([worker(), worker()])
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return `${projects.length} projects`
}

function projectsIn(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder))
    .filter((file) => /^tsconfig.*\.json$/.test(file))
    .map((file) => join(folder, file))
}
