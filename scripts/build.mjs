// npm run build: installs what is missing, then builds all packages, or what turbo's arguments say: npm run build -- --filter=@requestforge/core
import { installPackages, pnpmArguments, run } from './workspace.mjs'

await installPackages()
process.exitCode = await run('npx', pnpmArguments('exec', 'turbo', 'run', 'build', ...process.argv.slice(2)))
