import { labelLine } from '../core/text.js'

/** What a command published; paths are absolute. */
export interface PublishedFiles {
  readonly database: string
  readonly exports: readonly string[]
  /** What was asked for and could not be made, with the reason. Absent: nothing. */
  readonly left_out?: readonly string[]
}

/** The same as lines of a summary. */
export function fileLines({ database, exports, left_out = [] }: PublishedFiles): string[] {
  return [
    labelLine('database', database),
    ...exports.map((path, at) => labelLine(at === 0 ? 'exports' : '', path)),
    ...left_out.map((reason, at) => labelLine(at === 0 ? 'left out' : '', reason)),
  ]
}
