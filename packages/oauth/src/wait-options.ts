import type { WaitOptions } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { checkOptionNames } from './option-names.ts'

/** The signal of a wait. @throws {ConfigurationError} for what are no options: a signal without its name would else end nothing */
export function signalOf(method: string, options: WaitOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined
  if (isSignal(options))
    throw new ConfigurationError(`${method} wants an object of options (got an AbortSignal); did you mean \`{ signal }\`?`)
  checkOptionNames(method, options, ['signal'])
  return options.signal
}

function isSignal(options: WaitOptions): boolean {
  return typeof options === 'object' && options !== null && 'aborted' in options && 'addEventListener' in options
}
