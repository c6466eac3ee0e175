// npm run examples: runs the examples as CI does, on packed tarballs in a directory outside of the workspace. Names choose: npm run examples -- redis
import { checkExamples } from './gates/examples.mjs'
import { pack } from './pack.mjs'
import { installPackages } from './workspace.mjs'

await installPackages()
console.log(await checkExamples(await pack(), process.argv.slice(2)))
