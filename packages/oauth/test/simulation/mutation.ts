/** One mistake that somebody could make in the manager. */
export interface Mutation {
  /** What the mutant does. */
  readonly mistake: string
  /** In `packages/oauth/src`. */
  readonly file: string
  /** Stands there exactly once. */
  readonly find: string
  readonly replace: string
}
