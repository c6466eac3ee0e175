import { defineConfig, type Options } from 'tsup'
import { disposable } from '../../tsup.borrowed-types.ts'

const shared: Options = { format: ['esm', 'cjs'], target: 'es2023', sourcemap: true, treeshake: true, clean: false }

// `#transport` (package.json "imports") is what differs: Node stands on undici, everything else on the platform's fetch.
export default defineConfig([
  {
    ...shared,
    entry: ['src/index.ts', 'src/errors.ts', 'src/opentelemetry.ts'],
    platform: 'neutral',
    dts: { banner: disposable },
  },
  { ...shared, entry: { 'index.node': 'src/index.ts' }, platform: 'node' },
])
