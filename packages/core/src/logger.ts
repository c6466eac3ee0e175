/** A structural logger: `console` fits, and so does pino behind a one-line adapter. */
export interface Logger {
  debug(message: string, fields?: unknown): void
  info(message: string, fields?: unknown): void
  warn(message: string, fields?: unknown): void
  error(message: string, fields?: unknown): void
}
