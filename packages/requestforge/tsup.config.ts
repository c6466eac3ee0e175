import { defineConfig } from 'tsup'
import { disposable } from '../../tsup.borrowed-types.ts'
import { moduleMark } from '../../tsup.commonjs.ts'

export default defineConfig({
  entry: ['src/*.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: true,
  banner: ({ format }) => (format === 'cjs' ? { js: moduleMark } : {}),
  dts: { banner: disposable },
})
