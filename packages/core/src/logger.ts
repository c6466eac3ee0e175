/** A structural logger: `console` fits, and so does a pino logger as it is, which is given the fields first. */
export interface Logger {
  debug(message: string, fields?: unknown): void
  info(message: string, fields?: unknown): void
  warn(message: string, fields?: unknown): void
  error(message: string, fields?: unknown): void
}
