export * from '@requestforge/storage-redis'
