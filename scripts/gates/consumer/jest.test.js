const exercise = require('./exercise.cjs')

test('the packages work in jest with its defaults', async () => {
  await exercise({
    requestforge: require('requestforge'),
    testing: require('@requestforge/testing'),
    retry: require('requestforge/retry'),
    core: require('requestforge/core'),
  })
})

test('a redis client is loaded without the ES module loader of node', async () => {
  const { RedisTokenStorage } = require('@requestforge/storage-redis')
  const storage = new RedisTokenStorage({ url: 'redis://127.0.0.1:1' })
  await expect(storage.get('key')).rejects.toThrow(/redis/)
  await storage.close()
})

test('an automock has everything, also what one package hands on from another', () => {
  for (const name of [
    'requestforge',
    'requestforge/core',
    '@requestforge/core',
    '@requestforge/oauth',
    '@requestforge/testing',
  ]) {
    expect(Object.keys(jest.createMockFromModule(name))).toEqual(expect.arrayContaining(Object.keys(require(name))))
  }
})
