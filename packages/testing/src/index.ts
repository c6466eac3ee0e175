export { type FakeTokenOptions, fakeToken } from './fake-token.ts'
export * from './manual-clock.ts'
export * from './mock-token-provider.ts'
