export * from '@requestforge/oauth'
