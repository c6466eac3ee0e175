import type { Options } from 'tsup'

/** Before declarations that name `Symbol.asyncDispose`: projects with an older `lib` know it by this. */
export const disposable = '/// <reference lib="esnext.disposable" />'

/**
 * How declarations are built for packages that borrow types from core and oauth: from their sources, inlined, so that the published types name no
 * other package. By `paths` and not by tsup's `resolve`, which gives the same text and takes ten times as long: it compiles each borrowed entry anew.
 */
const borrowedTypes: Options['dts'] = {
  banner: disposable,
  compilerOptions: {
    paths: {
      '@requestforge/core/errors': ['../core/src/errors.ts'],
      '@requestforge/core/option-hints': ['../core/src/option-hints.ts'],
      '@requestforge/*': ['../*/src/index.ts'],
    },
  },
}

/** How they are built: interfaces and errors of core and oauth are inlined, so that the published package has no edge to them. */
export const borrower: Options = {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  treeshake: true,
  clean: true,
  dts: borrowedTypes,
}
