import { defineConfig } from 'tsup'
import { disposable } from '../../tsup.borrowed-types.ts'

export default defineConfig({
  entry: ['src/*.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: true,
  dts: { banner: disposable },
})
