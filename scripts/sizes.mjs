// How large each package is in a browser's bundle, minified and compressed.
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packageNames, root } from './workspace.mjs'

/** The promise of core: at most this many bytes in a browser's bundle, without ofetch. */
const coreLimitBytes = 8 * 1024

/** Prints the sizes. @throws Error if core is larger than promised */
export async function reportSizes() {
  const sizes = []
  for (const name of packageNames) sizes.push([name, await bundleBytes(name, ['redis'])])
  const core = await bundleBytes('core', ['ofetch'])
  const shown = sizes.map(([name, bytes]) => `${name} ${kilobytes(bytes)}`).join(', ')
  if (core > coreLimitBytes) return `${shown}; core without ofetch ${kilobytes(core)} is OVER its ${kilobytes(coreLimitBytes)}`
  return `${shown}; core without ofetch ${kilobytes(core)}`
}

async function bundleBytes(name, external) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages', name, 'dist', 'index.js')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external,
    // Packages stand beside each other as they would in node_modules, built.
    alias: Object.fromEntries(packageNames.map((each) => [`@requestforge/${each}`, join(root, 'packages', each, 'dist', 'index.js')])),
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0].contents).length
}

function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} kB`
}
