// What comes along when somebody installs the packages: each dependency once, under a licence that lets them use it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, packageNames, pnpmArguments, root, scoped } from '../workspace.mjs'

const permissive = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', '0BSD'])

/** @throws Error that names what comes in two versions */
export async function checkDuplicates() {
  const versions = new Map()
  for (const { name, version } of await shipped()) versions.set(name, (versions.get(name) ?? new Set()).add(version))
  const duplicates = [...versions]
    .filter(([, found]) => found.size > 1)
    .map(([name, found]) => `${name} comes as ${[...found].join(' and ')}`)
  if (duplicates.length > 0) throw new Error(duplicates.join('\n'))
  return [...versions].map(([name, [version]]) => `${name} ${version}`).join(', ')
}

/** @throws Error that names what may not be shipped like that */
export async function checkLicences() {
  const ours = packageNames.map((name) => join(root, 'packages', name))
  const licence = readFileSync(join(root, 'LICENSE'), 'utf8')
  for (const folder of ours) {
    if (readFileSync(join(folder, 'LICENSE'), 'utf8') !== licence) throw new Error(`${folder}/LICENSE is not the one of the root`)
  }
  const folders = [...ours, ...(await shipped()).map(({ path }) => path)]
  const foreign = folders
    .map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
    .filter(({ license }) => !permissive.has(license))
  if (foreign.length > 0) throw new Error(foreign.map(({ name, license }) => `${name} is under ${license}`).join('\n'))
  return `${new Set(folders).size} packages`
}

/** Everything that is installed with our packages. */
async function shipped() {
  const filters = packageNames.map((name) => `--filter=${scoped(name)}`)
  const { code, output } = await capture('sh', [
    '-c',
    `npx "$@" 2>/dev/null`,
    'npx',
    ...pnpmArguments('ls', '--prod', '--depth', 'Infinity', '--json', ...filters),
  ])
  if (code !== 0) throw new Error(output)
  return JSON.parse(output).flatMap(({ dependencies }) => inTree(dependencies))
}

function inTree(dependencies) {
  return Object.entries(dependencies ?? {}).flatMap(([name, { version, path, dependencies: below }]) => {
    const isOurs = packageNames.some((each) => scoped(each) === name)
    return isOurs ? [] : [{ name, version, path }, ...inTree(below)]
  })
}

/** Reported, never fatal: an advisory of today says nothing about the change, and not every registry answers. */
export async function reportAdvisories() {
  const { code, output } = await capture('npx', pnpmArguments('audit', '--prod'))
  if (code === 0) return 'none for what is shipped'
  return /ERR_PNPM_AUDIT|ENOTFOUND|ECONN|fetch failed/.test(output) ? 'the registry does not answer' : `\n${output}`
}
