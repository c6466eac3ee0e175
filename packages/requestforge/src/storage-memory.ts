export * from '@requestforge/storage-memory'
