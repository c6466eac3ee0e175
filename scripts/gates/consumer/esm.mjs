import * as core from '@requestforge/core'
import * as retry from '@requestforge/retry'
import * as requestforge from 'requestforge'
import * as testing from 'requestforge/testing'
import exercise from './exercise.cjs'
import named from './named.cjs'
import overTheWire from './over-the-wire.cjs'

named({ requestforge, testing, retry, core })
await exercise({ requestforge, testing, retry, core })
await overTheWire({ requestforge, testing, core })
