// npm run pack: builds, and writes the seven tarballs to artifacts/.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, installPackages, must, packageNames, pnpmArguments, root } from './workspace.mjs'

/** Builds and packs all packages as they would be published; gives the tarballs' paths by package. @throws Error with what failed */
export async function pack() {
  await build()
  const artifacts = join(root, 'artifacts')
  rmSync(artifacts, { recursive: true, force: true })
  mkdirSync(artifacts)
  for (const name of packageNames) {
    await must('npx', pnpmArguments('pack', '--pack-destination', artifacts), { cwd: join(root, 'packages', name) })
  }
  return Object.fromEntries(packageNames.map((name) => [name, join(artifacts, tarballOf(name, readdirSync(artifacts)))]))
}

function tarballOf(name, files) {
  const pattern = name === 'requestforge' ? /^requestforge-\d/ : new RegExp(`^requestforge-${name}-\\d`)
  const found = files.find((file) => pattern.test(file))
  if (found === undefined) throw new Error(`no tarball of ${name} among ${files.join(', ')}`)
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await installPackages()
  for (const tarball of Object.values(await pack())) console.log(tarball.slice(root.length + 1))
}
