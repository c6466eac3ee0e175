import { type HttpClient, NotFoundError } from 'requestforge'

/** What is to be tested: code of yours that is given a client. */
export class UserDirectory {
  readonly #client: HttpClient

  constructor(client: HttpClient) {
    this.#client = client
  }

  /** @returns undefined for a user that does not exist */
  async nameOf(id: number): Promise<string | undefined> {
    try {
      const user = await this.#client.get(`/users/${id}`).json<{ name: string }>()
      return user.name
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }
}
