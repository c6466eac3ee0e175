import { defineConfig, type Options } from 'tsup'

// Interfaces and errors of core and oauth are inlined: the published package has no edge to them.
const shared: Options = {
  entry: ['src/index.ts'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: false,
  external: ['redis'],
  dts: { resolve: [/^@requestforge\//, /^\.{1,2}\//] },
}

export default defineConfig([
  { ...shared, format: ['esm'] },
  {
    ...shared,
    format: ['cjs'],
    // A `require` instead of `import()`: CommonJS hosts such as jest have no loader for the latter.
    esbuildOptions(options) {
      options.supported = { 'dynamic-import': false }
    },
  },
])
