// All constants of a token's life, in one place. Durations are in milliseconds.

/** A token is expired this long before its end … */
export const skewLimitMs = 30_000
/** … or this share of its lifetime before, whichever is less. */
export const skewShare = 0.1

/** Up to this lifetime a token is due within a share of it, above at a distance from its end. */
export const shortLifetimeLimitMs = 3_600_000
/** The earliest a short-lived token is due, as a share of its lifetime. */
export const dueFromShare = 0.75
/** The latest a short-lived token is due, as a share of its lifetime. */
export const dueUntilShare = 0.9
/** Background renewal gets at least this share of the lifetime before the token expires. */
export const dueMarginShare = 0.025
/** The earliest a long-lived token is due, before its end. */
export const dueFromBeforeEndMs = 300_000
/** The latest a long-lived token is due, before its end. */
export const dueUntilBeforeEndMs = 90_000
/** A token just obtained is not due again sooner, whatever the server says. */
export const dueAtLeastMs = 1_000

/** Lifetimes above one year are nonsense. */
export const lifetimeLimitMs = 31_536_000_000
/** The last moment that a `Date` can hold, since the epoch: what ends later never ends. */
export const lastDateMs = 8_640_000_000_000_000

/** The lifetime of a token whose server told none. */
export const defaultLifetimeMs = 3_600_000
/** How long callers wait for a renewal. */
export const renewalTimeoutMs = 10_000
/** How long the answer to a refresh token that has been sent is waited for. */
export const refreshHardCapMs = 60_000
/** Between two renewals that rejections cause one after another. */
export const minForcedIntervalMs = 1_000

/** The first pause after a failure that may pass, doubling. */
export const transientBackoffMs = 250
/** The longest such pause. */
export const transientBackoffLimitMs = 30_000
/** The longest pause that a server may ask for. */
export const retryAfterLimitMs = 300_000
/** The first pause after a failure that will not pass by itself, doubling. */
export const permanentBackoffMs = 5_000
/** The longest such pause. */
export const permanentBackoffLimitMs = 60_000

/** The longest call to a storage. */
export const storageTimeoutMs = 500
/** After a failure a storage is left alone for this long. */
export const storagePauseMs = 1_000
/** How long a lease lasts unless it is extended. */
export const leaseMs = 1_000
/** A lease is extended every third of its time. */
export const leaseExtensionsPerLease = 3
/** How long it lasts when a refresh token has been sent: whoever took over from a holder that is merely held up would send it again. */
export const spentLeaseMs = 1_500
/** For how long a lease goes on when its token could not be stored at once: until then others would send what that token has replaced. */
export const unsavedLeaseMs = 4_000
/** The net under lost notices. */
export const pollMs = 500
/** Keeps a fleet from polling in step. */
export const pollJitterShare = 0.2
/** Keeps waiters from claiming all at once when a lease has run out. */
export const leaseEndJitterMs = 50
/** A single-use token is stored this long, so that those who wait adopt it instead of renewing one after another. */
export const singleUseStoredMs = 1_000

/** How often one renewal starts over because somebody else was faster. */
export const renewalRoundsLimit = 8

/** How many tokens a keyed manager holds. */
export const keyedEntriesLimit = 100_000
/** How long a keyed manager holds a token that nobody asks for. */
export const keyedIdleMs = 3_600_000
