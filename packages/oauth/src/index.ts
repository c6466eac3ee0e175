export * from './deviation.ts'
export * from './token-data.ts'
export * from './token-provider.ts'
export * from './token-storage.ts'
