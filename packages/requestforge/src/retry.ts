export * from '@requestforge/retry'
