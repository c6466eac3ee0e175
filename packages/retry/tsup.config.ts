import { defineConfig } from 'tsup'
import { borrowedTypes } from '../../tsup.borrowed-types.ts'

// Interfaces and errors of core and oauth are inlined: the published package has no edge to them.
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: true,
  dts: borrowedTypes,
})
