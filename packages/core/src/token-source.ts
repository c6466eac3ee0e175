/** A token as the client sees it. */
export interface AccessToken {
  readonly accessToken: string
  /** The scheme to send it with. @default 'Bearer' */
  readonly tokenType?: string | undefined
}

/** How a caller may stop waiting. */
export interface WaitOptions {
  /** Ends this caller's wait alone; the renewal that others wait for goes on. */
  readonly signal?: AbortSignal | undefined
}

/** Where the client gets its tokens. `TokenManager` of `@requestforge/oauth` is one. */
export interface TokenSource {
  getToken(options?: WaitOptions): Promise<AccessToken>
  /** A token other than `rejected`. Absent: a 401 is final. Rejects when none can be had. */
  replaceToken?(rejected: AccessToken, options?: WaitOptions): Promise<AccessToken>
  /**
   * The token at hand if it can be used without a thought, else undefined: the client's hot path, which then needs no promise.
   * Absent: `getToken()` is asked for every request.
   */
  peekToken?(): AccessToken | undefined
}
