const exercise = require('./exercise.js')

exercise({
  requestforge: require('requestforge'),
  testing: require('requestforge/testing'),
  retry: require('@requestforge/retry'),
  core: require('@requestforge/core'),
}).catch((error) => {
  console.error(error)
  process.exitCode = 1
})
