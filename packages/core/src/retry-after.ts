/**
 * A `Retry-After` in milliseconds from `now`; undefined where it makes no sense.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  const text = value.trim()
  // Several headers arrive as one, with commas: the longest wait obeys them all.
  const numbers = text.split(/\s*,\s*/)
  if (numbers.every((number) => /^\d+(\.\d+)?$/.test(number))) return Math.round(Math.max(...numbers.map(Number)) * 1_000)
  // Date.parse takes nearly anything ("retry in 5" is a May); all date forms of HTTP start with the name of a day, and have a time,
  // which the mails that they come from may tell without seconds.
  const date = /^[A-Za-z]{3,9},? .*\d:\d\d/.test(text)
    ? Date.parse(/(GMT|UTC|[+-]\d{4})$/.test(text) ? text : `${text} GMT`)
    : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
