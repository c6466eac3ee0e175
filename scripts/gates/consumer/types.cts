import requestforge = require('requestforge')
import testing = require('requestforge/testing')

const tokenManager = new requestforge.TokenManager({ provider: new testing.MockTokenProvider() })
export const client: requestforge.HttpClient = new requestforge.HttpClient({
  baseUrl: 'https://api.example.com',
  tokenAuth: { tokenManager },
})
