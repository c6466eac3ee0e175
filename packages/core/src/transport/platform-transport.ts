import { refuseConnectionOptions } from '../connection-options.ts'
import { fetchTransport } from './fetch-transport.ts'
import type { CreateTransport } from './transport.ts'

/** Bun, Deno, workers, browsers: the platform's own fetch, which keeps its connections itself. */
export const createTransport: CreateTransport = (options) => {
  refuseConnectionOptions(options, "the platform's fetch")
  return fetchTransport((url, init) => fetch(url, init))
}
