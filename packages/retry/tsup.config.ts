import { defineConfig } from 'tsup'
import { borrower } from '../../tsup.borrowed-types.ts'

export default defineConfig(borrower)
