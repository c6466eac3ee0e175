// What must never be in a tracked file: paths of somebody's machine, hosts of package registries, secrets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, root } from './workspace.mjs'

const home = '/(?:home|Users)/[a-z][\\w-]+/'
const registry = 'registry\\.(?:npmjs|yarnpkg|npmmirror)\\.'
const forbidden = [
  ['a path of somebody’s machine', new RegExp(home)],
  ['the host of a package registry', new RegExp(registry)],
  ['a private key', /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n[A-Za-z0-9+/]{40}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
]

/** @throws Error that lists file, line and what was found */
export async function checkHygiene() {
  const { output } = await capture('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  const files = output.split('\0').filter((file) => file !== '' && file !== 'scripts/hygiene.mjs')
  const found = files.flatMap(findIn)
  if (found.length > 0) throw new Error(found.join('\n'))
  return `${files.length} files`
}

function findIn(file) {
  let text
  try {
    text = readFileSync(join(root, file), 'utf8')
  } catch {
    return [] // deleted, and not yet committed
  }
  return forbidden.flatMap(([what, pattern]) => {
    const match = pattern.exec(text)
    return match === null ? [] : [`${file}:${text.slice(0, match.index).split('\n').length} ${what}`]
  })
}
