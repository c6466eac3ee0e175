// npm run simulate: the simulation of a token's life, many seeds or one: npm run simulate -- --seed 17. It wants Node 24, as the benchmarks do.
import { installPackages, run } from './workspace.mjs'

await installPackages()
process.exitCode = await run('node', ['packages/oauth/test/simulation/run.ts', ...process.argv.slice(2)])
