const { NotFoundError } = require('requestforge')

/** What is to be tested: code of yours that is given a client. */
class UserDirectory {
  #client

  constructor(client) {
    this.#client = client
  }

  /** @returns {Promise<string | undefined>} undefined for a user that does not exist */
  async nameOf(id) {
    try {
      const user = await this.#client.get(`/users/${id}`).json()
      return user.name
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }
}

module.exports = { UserDirectory }
