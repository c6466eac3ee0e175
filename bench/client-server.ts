import { createServer } from 'node:http'

// The other side of client-cpu.ts, in a process of its own so that its CPU time is not counted.
const small = JSON.stringify({
  id: 42,
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  roles: ['admin', 'author'],
  note: 'x'.repeat(90),
})
const large = JSON.stringify({
  items: Array.from({ length: 640 }, (_, id) => ({ id, name: `item ${id}`, note: 'x'.repeat(70) })),
})

const server = createServer((request, response) => {
  const body = request.url === '/large' ? large : small
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
})
process.on('disconnect', () => process.exit())
