export * from '@requestforge/core'
