import { labelLine, count, plural } from '../../core/text.js'
import { fileLines, type PublishedFiles } from '../../model/receipt.js'

/** How a table differs between two databases. */
export interface TableDifference {
  readonly table: string
  readonly rows_before: number
  readonly rows_after: number
  readonly added: number
  readonly removed: number
  /** Rows with the same key and different values. */
  readonly changed: number
  /** Columns that only one database has, and the number of differing rows of each other column. */
  readonly columns_added: readonly string[]
  readonly columns_removed: readonly string[]
  readonly columns_changed: Readonly<Record<string, number>>
}

/** The result of a replay, as `--json` prints it. */
export interface ReplayReport {
  readonly exit_code: number
  readonly data: string
  readonly compared_with: string
  /** What the tables were rebuilt from; `calls` includes the answers. */
  readonly runs: number
  readonly answers: number
  readonly calls: number
  /** Tables that differ; undefined when no published file could be compared with. */
  readonly differences: readonly TableDifference[] | undefined
  /** The published files; undefined with `--check`. */
  readonly files: PublishedFiles | undefined
}

/** The report as text. */
export function replaySummary(report: ReplayReport): string {
  const { runs, answers, calls, differences, compared_with, files } = report
  const lines = [
    labelLine(
      'replayed',
      `${plural(runs, 'run')}: ${plural(answers, 'answer')} of ${plural(calls, 'call')}; no call was made`,
    ),
  ]
  if (differences === undefined)
    lines.push(labelLine('compared', `with nothing: ${compared_with} does not exist or cannot be read`))
  else lines.push(labelLine('compared', `with ${compared_with}`))
  if (differences?.length === 0) lines.push(labelLine('', 'nothing differs'))
  else if (differences) lines.push('', ...differenceTable(differences), '')
  if (files) lines.push(...fileLines(files))
  return `${lines.join('\n')}\n`
}

const NUMBERS = ['before', 'after', 'added', 'removed', 'changed'] as const

function differenceTable(differences: readonly TableDifference[]): string[] {
  const width = Math.max(...differences.map(({ table }) => table.length)) + 1
  const row = (table: string, numbers: readonly string[]) =>
    table.padEnd(width) + numbers.map((number) => number.padStart(10)).join('')
  return [
    row('', NUMBERS),
    ...differences.flatMap((difference) => {
      const { rows_before, rows_after, added, removed, changed } = difference
      const numbers = [rows_before, rows_after, added, removed, changed].map(count)
      return [row(difference.table, numbers), ...columnLines(difference)]
    }),
  ]
}

/** Most columns that a line names. */
const NAMED = 5

function columnLines({ columns_added, columns_removed, columns_changed }: TableDifference): string[] {
  const changed = Object.entries(columns_changed)
    .sort(([, one], [, other]) => other - one)
    .map(([name, rows]) => `${name} (${count(rows)})`)
  const parts: [string, readonly string[]][] = [
    ['new columns', columns_added],
    ['gone columns', columns_removed],
    ['changed', changed],
  ]
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => {
      const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : ''
      return `  ${what}: ${names.slice(0, NAMED).join(', ')}${more}`
    })
}
