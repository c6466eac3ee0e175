import * as core from '@requestforge/core'
import * as retry from '@requestforge/retry'
import * as requestforge from 'requestforge'
import * as testing from 'requestforge/testing'
import exercise from './exercise.js'

await exercise({ requestforge, testing, retry, core })
