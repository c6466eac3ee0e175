import type { Logger } from './logger.ts'
import { nodeBuiltin } from './node-builtin.ts'

interface Util {
  debuglog(section: string): DebugLog
}

interface DebugLog {
  (format: string, ...values: unknown[]): void
  readonly enabled: boolean
}

/** A logger to stderr if the process was started with `NODE_DEBUG=requestforge`. */
export function debugLogger(): Logger | undefined {
  const write = (nodeBuiltin('node:util') as Util | undefined)?.debuglog?.('requestforge')
  if (write?.enabled !== true) return undefined
  const log = (message: string): void => write('%s', message)
  return { debug: log, info: log, warn: log, error: log }
}
