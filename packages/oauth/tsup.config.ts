import { defineConfig, type Options } from 'tsup'

const shared: Options = {
  entry: ['src/index.ts'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: false,
}

// oauth4webapi is ESM only: the CommonJS build carries it inside.
export default defineConfig([
  { ...shared, format: ['esm'], dts: true },
  { ...shared, format: ['cjs'], dts: true, noExternal: ['oauth4webapi'] },
])
