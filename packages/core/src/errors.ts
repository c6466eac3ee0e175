// The dependency-free entry `@requestforge/core/errors`: packages that only throw inline it at build.
export * from './errors/authentication-error.ts'
export * from './errors/client-state-errors.ts'
export * from './errors/configuration-error.ts'
export * from './errors/http-client-error.ts'
export * from './errors/http-status-error.ts'
export * from './errors/response-errors.ts'
export * from './errors/transport-errors.ts'
