import { ClientCredentialsTokenProvider, HttpClient, TokenManager } from 'requestforge'
import { startStandIns } from '../../stand-ins/src/servers.ts'

interface Service {
  readonly name: string
  readonly tokenUrl: string
  readonly apiUrl: string
}

function clientFor({ name, tokenUrl, apiUrl }: Service): HttpClient {
  const provider = new ClientCredentialsTokenProvider({
    tokenUrl,
    clientId: `${name}-id`,
    clientSecret: `${name}-secret`,
    serviceName: name, // stands in every error of this service
  })
  return new HttpClient({ baseUrl: apiUrl, tokenAuth: { tokenManager: new TokenManager({ provider }) } })
}

// In place of two services of different owners, each with its own OAuth server.
await using directory = await startStandIns()
await using archive = await startStandIns()

await using directoryClient = clientFor({ name: 'directory', ...directory })
await using archiveClient = clientFor({ name: 'archive', ...archive })

const [users, copies] = await Promise.all([
  directoryClient.get('/users').json<unknown[]>(),
  archiveClient.get('/users').json<unknown[]>(),
])
console.log(`directory has ${users.length} users, archive ${copies.length}`)

for (const { oauth } of [directory, archive]) {
  const clients = oauth.requests.map(({ clientId }) => clientId)
  console.log(`asked for a token by: ${clients.join(', ')}`)
  if (clients.length !== 1) throw new Error('one token request for each service was expected')
}
