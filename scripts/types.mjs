// npm run types: compiles all packages, their tests, the examples and the benchmarks, under two generations of the compiler.
import { checkTypes } from './gates/types.mjs'
import { installPackages } from './workspace.mjs'

await installPackages()
for (const compiler of ['tsc', 'tsc6']) console.log(`${compiler}: ${await checkTypes(compiler)}`)
