const exercise = require('./exercise.cjs')
const named = require('./named.cjs')
const overTheWire = require('./over-the-wire.cjs')

const packages = {
  requestforge: require('requestforge'),
  testing: require('requestforge/testing'),
  retry: require('@requestforge/retry'),
  core: require('@requestforge/core'),
}

named(packages)
exercise(packages)
  .then(() => overTheWire(packages))
  .catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
