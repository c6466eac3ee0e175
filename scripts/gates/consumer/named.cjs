// What inspections and stack traces call a class is what it is exported as.
module.exports = function named(packages) {
  for (const [name, value] of Object.values(packages).flatMap(Object.entries)) {
    if (typeof value === 'function' && value.name !== name) throw new Error(`${name} calls itself ${value.name}`)
  }
}
