// How many token requests a herd causes, on one loopback token server that takes 30 ms. Exits with 1 when a figure does not hold.
// node bench/token-herd.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AuthenticationError } from '../packages/core/src/errors.ts'
import { type Token, TokenManager, type TokenProvider } from '../packages/oauth/src/index.ts'

let requests = 0
let issued = 0
let isDown = false
let expiresIn = 3_600
const server = createServer(async (request, response) => {
  requests += 1
  request.resume()
  await sleep(30)
  response.statusCode = isDown ? 503 : 200
  issued += isDown ? 0 : 1
  response.end(isDown ? 'busy' : JSON.stringify({ access_token: `token-${issued}`, token_type: 'Bearer', expires_in: expiresIn }))
})
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve)
})
const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`

const provider: TokenProvider = {
  serviceName: 'bench',
  async fetchToken(context) {
    const response = await fetch(tokenUrl, {
      method: 'POST',
      body: 'grant_type=client_credentials',
      signal: context?.signal ?? null,
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new AuthenticationError(`the token server answered ${response.status}`, { retryable: true, requestSent: true })
    }
    // The server is ours: its answer has this shape.
    const body = (await response.json()) as { readonly access_token: string; readonly expires_in: number }
    return { accessToken: body.access_token, expiresAt: Date.now() + body.expires_in * 1_000 }
  },
}

interface Figure {
  readonly name: string
  readonly expected: string
  readonly measured: string
  readonly holds: boolean
}

async function counted(run: (manager: TokenManager) => Promise<void>): Promise<number> {
  const manager = new TokenManager({ provider })
  requests = 0
  await run(manager)
  await manager.close()
  return requests
}

async function coldCallers(): Promise<Figure> {
  const count = await counted(async (manager) => {
    await Promise.all(Array.from({ length: 200 }, () => manager.getToken()))
  })
  return { name: '200 cold callers', expected: '1 request', measured: `${count}`, holds: count === 1 }
}

async function rejections(): Promise<Figure> {
  const count = await counted(async (manager) => {
    const rejected = await manager.getToken()
    requests = 0
    const replaceAfter = async (delayMs: number): Promise<Token> => {
      await sleep(delayMs)
      return manager.replaceToken(rejected)
    }
    await Promise.all(Array.from({ length: 200 }, (_, index) => replaceAfter((index * 75) / 200)))
    for (let late = 0; late < 10; late += 1) await replaceAfter(5)
  })
  return { name: '200 rejections over 75 ms, 10 late ones', expected: '1 request', measured: `${count}`, holds: count === 1 }
}

async function shortLives(): Promise<Figure> {
  expiresIn = 200
  const count = await counted(async (manager) => {
    for (let get = 0; get < 11; get += 1) await manager.getToken()
  })
  expiresIn = 3_600
  return { name: '11 gets in a row, expires_in 200', expected: '1 request', measured: `${count}`, holds: count === 1 }
}

/** 20 pollers, every 20 ms, through 1.5 s without an answer but 503. */
async function outage(manager: TokenManager): Promise<{ readonly errors: number; readonly slowestMs: number }> {
  let errors = 0
  let slowestMs = 0
  isDown = true
  requests = 0
  const until = performance.now() + 1_500
  const poll = async (): Promise<void> => {
    while (performance.now() < until) {
      const askedAt = performance.now()
      await manager.getToken().catch(() => {
        errors += 1
      })
      slowestMs = Math.max(slowestMs, performance.now() - askedAt)
      await sleep(20)
    }
  }
  await Promise.all(Array.from({ length: 20 }, poll))
  isDown = false
  return { errors, slowestMs }
}

async function outageWithToken(): Promise<Figure> {
  const manager = new TokenManager({ provider: dueAfterOneSecond() })
  await manager.getToken()
  await sleep(1_050)
  const { errors } = await outage(manager)
  const count = requests
  await manager.close()
  const measured = `${errors} errors, ${count}`
  return {
    name: '1.5 s outage, valid token due',
    expected: '0 errors, 1 to 6 requests',
    measured,
    holds: errors === 0 && count >= 1 && count <= 6,
  }
}

/** Its tokens live an hour, and the server wants them renewed after one second. */
function dueAfterOneSecond(): TokenProvider {
  return {
    serviceName: 'bench',
    fetchToken: async (context) => ({ ...(await provider.fetchToken(context)), refreshAt: Date.now() + 1_000 }),
  }
}

async function outageWithoutToken(): Promise<Figure> {
  let slowestMs = 0
  const count = await counted(async (manager) => {
    ;({ slowestMs } = await outage(manager))
  })
  const measured = `${count}, slowest answer ${slowestMs.toFixed(0)} ms`
  return {
    name: '1.5 s outage, no token',
    expected: 'at most 6 requests, all answered at once',
    measured,
    holds: count <= 6 && slowestMs < 150,
  }
}

const figures: Figure[] = []
for (const measure of [coldCallers, rejections, shortLives, outageWithToken, outageWithoutToken]) figures.push(await measure())
for (const { name, expected, measured, holds } of figures) {
  console.log(
    `${holds ? 'holds         ' : 'DOES NOT HOLD '} ${name.padEnd(40)} expected ${expected.padEnd(42)} measured ${measured}`,
  )
}
server.close()
server.closeAllConnections()
process.exitCode = figures.every((figure) => figure.holds) ? 0 : 1
