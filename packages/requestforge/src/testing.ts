export * from '@requestforge/testing'
