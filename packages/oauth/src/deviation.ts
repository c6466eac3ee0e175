/** Something a server did outside the RFCs that was tolerated: told as an event, refused with `strict: true`. */
export interface Deviation {
  /** Stable, for programs: `missing_token_type`, `expires_in_zero`, … */
  readonly kind: string
  /** For people, without secrets. */
  readonly detail: string
}
