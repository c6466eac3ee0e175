import { ConfigurationError } from './errors/configuration-error.ts'
import { durationProblem, nearestName } from './option-hints.ts'

/** Values as messages show them where no secret can be: short, on one line, without user info and query. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return kindOf(value)
  // Up to the last `@`: a password that has a `/`, `?` or `#` in it is why most URLs with one cannot be read.
  const harmless = value.replace(/^([a-z][a-z\d+.-]*:)?(\/\/)?.*@/is, '$1$2').replace(/[?#].*$/s, '')
  return JSON.stringify(harmless.length > 60 ? `${harmless.slice(0, 60)}…` : harmless)
}

/** As `shown`, but without a word of a string: options that want an object are given bare tokens and keys by mistake. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a string'
  if (typeof value === 'object' && value !== null) {
    const name = classOf(value)
    const shownName = Array.isArray(value) || name === 'Object' ? name.toLowerCase() : name
    return `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${shownName}`
  }
  return typeof value === 'function' ? 'a function' : String(value)
}

/** What the platform calls it: `Object` for plain objects and those of users' classes, `Map`, `FormData` and so on for its own. */
export function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Whether it holds members by name; what the platform makes for other ends (maps, dates, forms) has none, and would pass for empty. */
export function isOptionBag(value: unknown): value is object {
  return typeof value === 'object' && /^(Object|Module)$/.test(classOf(value))
}

/** Whether it is an array, a Set or the like: what can be read only once would be gone when a client is extended. */
export function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && !('next' in value)
}

/** @throws ConfigurationError unless `value` is a whole number of milliseconds that a timer can wait */
export function checkDuration(option: string, value: unknown): void {
  if (value === undefined) return
  const problem = durationProblem(option, value, shown(value))
  if (problem !== undefined) throw new ConfigurationError(problem, { option })
}

/** @throws ConfigurationError unless `value` is a whole number of at least `least` */
export function checkCount(option: string, value: unknown, least: number): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return
  throw new ConfigurationError(`${option} must be a whole number, ${least} or more (got ${shown(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is of the type that `typeof` calls `type` */
export function checkType(option: string, value: unknown, type: 'boolean' | 'string' | 'function' | 'object'): void {
  if (value === undefined) return
  if (type === 'object' ? isOptionBag(value) : typeof value === type) return
  const article = type === 'object' ? 'an' : 'a'
  throw new ConfigurationError(`${option} must be ${article} ${type} (got ${kindOf(value)})`, { option })
}

/** @throws ConfigurationError if `value` lacks one of the methods named */
export function checkMethods(option: string, value: unknown, methods: readonly string[], wants: string): void {
  const candidate = value as Readonly<Record<string, unknown>> | null | undefined
  if (
    (typeof value === 'object' || typeof value === 'function') &&
    methods.every((method) => typeof candidate?.[method] === 'function')
  )
    return
  throw new ConfigurationError(`${option} must be ${wants} (got ${kindOf(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is an AbortSignal, of whatever realm */
export function checkSignal(option: string, value: unknown): void {
  checkMethods(option, value, ['addEventListener', 'removeEventListener'], 'an AbortSignal')
}

/** What people write who come from other libraries, or who leave out the object around it. */
const habits: Readonly<Record<string, string>> = {
  url: 'baseUrl',
  baseURL: 'baseUrl',
  prefixUrl: 'baseUrl',
  prefix: 'baseUrl',
  timeout: 'timeoutMs',
  totalTimeout: 'totalTimeoutMs',
  query: 'params',
  searchParams: 'params',
  qs: 'params',
  data: 'json',
  jsonData: 'json',
  formData: 'form',
  retry: 'retryStrategy',
  retries: 'retryStrategy',
  maxRetries: 'retryStrategy',
  agent: 'transport',
  fetch: 'transport',
  dispatcher: 'transport',
  auth: 'tokenAuth',
  interceptors: 'hooks',
  responseType: 'stream',
  validateStatus: 'throwHttpErrors',
  maxContentLength: 'maxResponseBytes',
  idempotency: 'idempotencyKey',
  logger: 'logging',
  token: 'bearerToken',
  username: 'basicAuth: { username, password }',
  password: 'basicAuth: { username, password }',
  provider: 'tokenManager',
  header: 'headerName',
  ...inside('tokenAuth: { … }', ['tokenManager', 'authRetryStrategy', 'excludedPaths', 'excludedPathPatterns', 'allowedOrigins']),
  ...inside('redirects: { … }', ['follow', 'maxRedirects']),
  ...inside('logging: { … }', ['logHeaders', 'logBody', 'sensitiveKeys']),
  ...inside('hooks: [{ … }]', ['beforeRequest', 'afterResponse', 'onRetry', 'onError']),
  ...inside('tls: { … }', ['ca', 'cert', 'passphrase', 'servername', 'rejectUnauthorized']),
}

function inside(outer: string, members: readonly string[]): Record<string, string> {
  return Object.fromEntries(members.map((member) => [member, outer.replace('…', member)]))
}

/** @throws ConfigurationError for the first member of `given` that is none of `known`, with the name that was probably meant */
export function checkNames(given: object, known: ReadonlySet<string>, otherwise?: string): void {
  for (const option of Object.keys(given)) {
    if (known.has(option)) continue
    const habit = Object.hasOwn(habits, option) ? habits[option] : undefined
    const isKnown = known.has(habit?.replace(/:.*/, '') ?? '')
    const meant = (isKnown ? habit : nearestName(option, known)) ?? otherwise
    const hint = meant === undefined ? `: there are ${[...known].join(', ')}` : `; did you mean \`${meant}\`?`
    throw new ConfigurationError(`unknown option \`${option}\`${hint}`, { option })
  }
}
