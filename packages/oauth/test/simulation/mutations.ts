import type { Mutation } from './mutation.ts'
import { refreshMutations } from './refresh-mutations.ts'
import { renewalMutations } from './renewal-mutations.ts'
import { storageMutations } from './storage-mutations.ts'

/** Mistakes that the simulation has to find out. */
export const mutations: readonly Mutation[] = [...renewalMutations, ...refreshMutations, ...storageMutations]
