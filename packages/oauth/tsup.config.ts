import { copyFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'
import { disposable } from '../../tsup.borrowed-types.ts'
import { moduleMark } from '../../tsup.commonjs.ts'

const shared: Options = {
  entry: ['src/index.ts'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: false,
}

/** For the packages of this workspace alone: not published, and so inlined. */
const internal = ['@requestforge/core/hide-secrets', '@requestforge/core/node-builtin', '@requestforge/core/option-hints']

// oauth4webapi is ESM only: the CommonJS build carries it inside, and so the package its licence.
export default defineConfig([
  { ...shared, format: ['esm'], dts: { banner: disposable }, noExternal: internal },
  {
    ...shared,
    format: ['cjs'],
    banner: { js: moduleMark },
    dts: { banner: disposable },
    noExternal: [...internal, 'oauth4webapi'],
    onSuccess: async () => copyFileSync('node_modules/oauth4webapi/LICENSE.md', 'dist/oauth4webapi.LICENSE.md'),
  },
])
