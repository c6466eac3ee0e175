export {
  AuthenticationError,
  ClientClosedError,
  ConfigurationError,
  ConnectionError,
  HttpClientError,
  ReauthenticationRequiredError,
  RequestTimeoutError,
} from '@requestforge/core'
export type { ClientAuthentication, Secret } from './client-authentication.ts'
export { ClientCredentialsTokenProvider } from './client-credentials-token-provider.ts'
export * from './deviation.ts'
export type { FailureClass } from './failure-class.ts'
export { KeyedTokenManager, type KeyedTokenManagerOptions } from './keyed-token-manager.ts'
export type { TokenManagerEvent, TokenManagerEvents } from './manager-events.ts'
export { type PasswordGrantOptions, PasswordGrantTokenProvider } from './password-grant-token-provider.ts'
export type { PrivateKeyInput } from './private-key.ts'
export type { ClientCredentialsOptions, OAuthClientOptions } from './provider-options.ts'
export type { RenewalReason } from './single-flight.ts'
export type { SubjectTokens } from './subject-tokens.ts'
export type { Token } from './token.ts'
export * from './token-data.ts'
export { TokenManager } from './token-manager.ts'
export type { InDoubtPolicy, RenewalOptions, StorageFailurePolicy, TokenManagerOptions } from './token-manager-options.ts'
export * from './token-provider.ts'
export * from './token-storage.ts'
