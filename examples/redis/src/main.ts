import { spawn } from 'node:child_process'
import { startOAuthServer } from '@requestforge/testing'
import { findRedis } from './find-redis.ts'

await using redis = await findRedis()
if (redis === undefined) {
  console.warn('*** SKIPPED: there is neither REDIS_URL nor a redis-server on the PATH ***')
} else {
  await using oauth = await startOAuthServer()
  const workers = Array.from({ length: 4 }, () => runWorker(oauth.tokenUrl, redis.url))
  const tokens = await Promise.all(workers)
  console.log(
    `4 processes hold the token ${[...new Set(tokens)].join(', ')}; the OAuth server was asked ${oauth.requests.length} time(s).`,
  )
  if (oauth.requests.length !== 1 || new Set(tokens).size !== 1) throw new Error('one token request was expected')
}

async function runWorker(tokenUrl: string, redisUrl: string): Promise<string> {
  const script = new URL('worker.ts', import.meta.url).pathname
  const child = spawn('tsx', [script, tokenUrl, redisUrl], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return output.trim()
}
