// How large each package is in a browser's bundle, minified and compressed.
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packageNames, root, scoped } from '../workspace.mjs'

/** What core promises: at most this many bytes in a browser's bundle, without ofetch. */
const coreLimitBytes = 8 * 1024

// Packages stand beside each other as they would in node_modules, built.
const builtPackages = {
  '@requestforge/core/errors': join(root, 'packages', 'core', 'dist', 'errors.js'),
  ...Object.fromEntries(packageNames.map((name) => [scoped(name), join(root, 'packages', name, 'dist', 'index.js')])),
}

/** Reports; what is over its limit is a warning. */
export async function reportSizes() {
  const sizes = []
  for (const name of packageNames)
    sizes.push(`${name} ${kilobytes(await bundleBytes(`export * from '${scoped(name)}'`, ['redis']))}`)
  const core = await bundleBytes("export * from '@requestforge/core'", ['ofetch'])
  const client = await bundleBytes("export { HttpClient } from 'requestforge'", ['redis', 'ofetch'])
  const verdict =
    core > coreLimitBytes ? `WARNING: over its limit of ${kilobytes(coreLimitBytes)}` : `limit ${kilobytes(coreLimitBytes)}`
  return `${sizes.join(', ')}\n         core without ofetch ${kilobytes(core)} (${verdict}), HttpClient of requestforge without ofetch ${kilobytes(client)}`
}

async function bundleBytes(contents, external) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external,
    alias: builtPackages,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0].contents).length
}

function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} kB`
}
