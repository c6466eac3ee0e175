// What must never be in a file of this repository: paths of somebody's machine, hosts of package registries, secrets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, root } from '../workspace.mjs'

// Written so that this file does not hold what it looks for.
const forbidden = [
  ['a path of somebody’s machine', /(?<![\w.])\/(?:home|Users|work|root)\/[a-z][\w-]*[/\s'"`]/],
  ['the host of a package registry', /registry\.(?:npmjs|yarnpkg|npmmirror)\./],
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['an AWS key', /\bAKIA[A-Z0-9]{16}\b/],
  ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36}\b/],
]
const inLockFile = ['a host in the lock file', /(?:https?|git|ssh):\/\//]
const forbiddenFiles = /(?:^|\/)(?:\.env|\.npmrc|.*\.pem|.*\.tgz)$/

/** @throws Error that lists file, line and what was found */
export async function checkHygiene() {
  const output = await must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  const files = output.split('\0').filter((file) => file !== '')
  const found = files.flatMap(findIn)
  if (found.length > 0) throw new Error(found.join('\n'))
  return `${files.length} files`
}

function findIn(file) {
  if (forbiddenFiles.test(file)) return [`${file} should not be here`]
  const text = read(file)
  const rules = file === 'pnpm-lock.yaml' ? [...forbidden, inLockFile] : forbidden
  return rules.flatMap(([what, pattern]) => {
    const match = pattern.exec(text)
    return match === null ? [] : [`${file}:${text.slice(0, match.index).split('\n').length} ${what}`]
  })
}

function read(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return '' // deleted, and not yet committed
    throw error
  }
}
