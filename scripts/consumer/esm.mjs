import * as core from '@requestforge/core'
import * as retry from '@requestforge/retry'
import * as testing from 'requestforge/testing'
import * as requestforge from 'requestforge'
import exercise from './exercise.js'

await exercise({ requestforge, testing, retry, core })
