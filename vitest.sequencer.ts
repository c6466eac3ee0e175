import { BaseSequencer, type TestSpecification } from 'vitest/node'

// What takes long, longest first: all else is done beside it. On a clean checkout vitest knows no durations.
const long = [
  'fleet/fleet.test.ts',
  'simulation/simulation.test.ts',
  'simulation/mutations.test.ts',
  'storage-redis/test/faults.test.ts',
]

/** Begins with the files that take the longest, so that none of them is left to run alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted
      .map((file) => ({ file, rank: rank(file) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ file }) => file)
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = long.findIndex((ending) => moduleId.endsWith(ending))
  return index < 0 ? long.length : index
}
