// npm run pack: builds, and writes the seven tarballs to artifacts/.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { capture, installPackages, packageNames, root, runPnpm } from './workspace.mjs'

/** Builds and packs all packages as they would be published; gives the tarballs' paths by package. */
export async function pack() {
  const built = await capture('turbo', ['run', 'build', '--output-logs=errors-only'])
  if (built.code !== 0) throw new Error(built.output)
  const artifacts = join(root, 'artifacts')
  rmSync(artifacts, { recursive: true, force: true })
  mkdirSync(artifacts)
  for (const name of packageNames) {
    const { code, output } = await runPnpm(['pack', '--pack-destination', artifacts], { cwd: join(root, 'packages', name) })
    if (code !== 0) throw new Error(output)
  }
  return Object.fromEntries(packageNames.map((name) => [name, join(artifacts, tarballOf(name, readdirSync(artifacts)))]))
}

function tarballOf(name, files) {
  const pattern = name === 'requestforge' ? /^requestforge-\d/ : new RegExp(`^requestforge-${name}-\\d`)
  const found = files.find((file) => pattern.test(file))
  if (found === undefined) throw new Error(`no tarball of ${name} among ${files.join(', ')}`)
  return found
}

if (process.argv[1]?.endsWith('pack.mjs')) {
  await installPackages()
  for (const tarball of Object.values(await pack())) console.log(tarball.slice(root.length + 1))
}
