// Empty directories outside of the workspace, for what is to be used as strangers would.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must, packageNames, scoped } from '../workspace.mjs'

/** Calls `use` with an empty directory, which is gone afterwards. */
export async function inEmptyDirectory(name, use) {
  const directory = mkdtempSync(join(tmpdir(), `requestforge-${name}-`))
  try {
    return await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Installs with npm: tarballs of ours by their names, and packages of others by their versions. */
export async function npmInstall(directory, tarballs, names, others = {}) {
  const ours = Object.fromEntries(names.map((name) => [scoped(name), `file:${tarballs[name]}`]))
  // What ours depend on is not published yet: wherever one of them is wanted, it is the tarball.
  const overrides = Object.fromEntries(
    packageNames.filter((name) => !names.includes(name)).map((name) => [scoped(name), `file:${tarballs[name]}`]),
  )
  const manifest = { name: 'consumer', private: true, dependencies: { ...ours, ...others }, overrides }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest, undefined, 2))
  await must('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: directory })
}
