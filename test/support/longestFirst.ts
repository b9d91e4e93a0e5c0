import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The folders with the slowest tests, slowest first: a slow file that starts last delays the end. */
const LONG = [
  '/faults/',
  '/commands/forget/',
  '/run/',
  '/commands/',
  '/browser/',
  '/journal/',
  '/raw/',
  '/load/',
  '/read/parquet',
]

/** The same order in every run: vitest's own sequencer uses the durations of earlier runs. */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((part) => moduleId.includes(`/test${part}`))
      return at < 0 ? LONG.length : at
    }
    const before = (one: TestSpecification, other: TestSpecification): number =>
      rank(one) - rank(other) || (one.moduleId < other.moduleId ? -1 : 1)
    return Promise.resolve(files.toSorted(before))
  }
}
