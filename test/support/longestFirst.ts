import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Where the tests are that take longest, longest first: one that begins last is waited for. */
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

/** Always the same order, whatever earlier runs have left. */
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
