// A change that users notice needs a sentence for them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, must, packageNames, root, scoped } from '../workspace.mjs'

/** On a branch: what differs from main needs a changeset. On main: what was never released needs one. @throws Error that says which */
export async function checkChangesets() {
  const announced = announcedPackages()
  const unknown = [...announced].filter((name) => !packageNames.some((each) => scoped(each) === name))
  if (unknown.length > 0) throw new Error(`changesets name ${unknown.join(', ')}, which is not here`)
  const base = await baseOfBranch()
  if (base !== undefined) {
    await must('changeset', ['status', `--since=${base}`])
    return `all that differs from ${base} is announced`
  }
  const silent = packageNames.filter((name) => versionOf(name) === '0.0.0' && !announced.has(scoped(name)))
  if (silent.length > 0) throw new Error(`no changeset announces the first release of ${silent.join(', ')}`)
  return `on main, with ${announced.size} packages announced`
}

/** What main is called here, or undefined where there is nothing to compare with: on main itself, or without it. */
async function baseOfBranch() {
  const head = await git('rev-parse', 'HEAD')
  for (const name of ['origin/main', 'main']) {
    const base = await git('rev-parse', '--verify', '--quiet', name)
    if (base === undefined) continue
    const isAhead = base !== head && (await git('merge-base', name, 'HEAD')) !== head
    const branch = await git('rev-parse', '--abbrev-ref', 'HEAD')
    return isAhead && branch !== 'main' ? name : undefined
  }
  return undefined
}

async function git(...args) {
  const { code, output } = await capture('git', args)
  return code === 0 ? output.trim() : undefined
}

function announcedPackages() {
  const folder = join(root, '.changeset')
  const files = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')
  return new Set(files.flatMap((file) => namesIn(readFileSync(join(folder, file), 'utf8'), file)))
}

function namesIn(text, file) {
  const frontMatter = /^---\n(.*?)\n---\n/s.exec(text)?.[1]
  if (frontMatter === undefined) throw new Error(`.changeset/${file} has no front matter`)
  return [...frontMatter.matchAll(/^["']?([^"':]+)["']?: (?:major|minor|patch)$/gm)].map((match) => match[1])
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).version
}
