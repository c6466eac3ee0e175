import { test } from 'node:test'
import { tokenStorageContract } from 'requestforge/testing'
import { MapTokenStorage } from '../src/map-token-storage.ts'

for (const { name, run } of tokenStorageContract(() => new MapTokenStorage())) test(name, run)
