export { InMemoryTokenStorage, type InMemoryTokenStorageOptions } from './in-memory-token-storage.ts'
