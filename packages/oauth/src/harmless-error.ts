import { HttpClientError } from '@requestforge/core/errors'

/** What code of others threw, as events may show it: errors of the family let nothing but words and codes into their causes. */
export function harmlessError(thrown: unknown): unknown {
  return HttpClientError.isInstance(thrown) ? thrown : new HttpClientError('', { code: '', cause: thrown }).cause
}

/** Words of others without what their names say to be a secret, as causes have them. */
export function harmlessWords(text: string): string {
  return String(harmlessError(text))
}
