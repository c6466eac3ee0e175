/** What says something of a body, and is sent with one alone. */
export const bodyDescriptions: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
])

/** What goes no further where a redirect makes a GET of a request. */
export const bodyHeaders: ReadonlySet<string> = new Set([...bodyDescriptions, 'idempotency-key'])

/** Everything else may be a credential: a header that nobody knows is not taken along to another origin. */
export const harmlessHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'if-modified-since',
  'if-none-match',
  'pragma',
  'range',
  'user-agent',
])

/** The default headers that are no credentials. */
export const harmlessDefaults: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent'])
