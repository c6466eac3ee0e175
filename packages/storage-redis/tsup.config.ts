import { defineConfig } from 'tsup'
import { borrower } from '../../tsup.borrowed-types.ts'

export default defineConfig({
  ...borrower,
  external: ['redis'],
  esbuildOptions(options, { format }) {
    if (format !== 'cjs') return
    // A plain `require` instead of `import()`: CommonJS hosts such as jest have no loader for the latter.
    options.supported = { 'dynamic-import': false }
  },
})
