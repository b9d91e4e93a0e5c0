import type { Pipeline } from '../../model/pipeline.js'
import type { CsvRow } from './exportFolder.js'

/** A place in the data of others that names the person. */
export interface MentionRow {
  /** The file or table. */
  readonly source: string
  /** The path in JSON, or the column. */
  readonly place: string
  readonly run_id?: string | null
  readonly list?: string | null
  readonly row_number?: string | null
  /** When the answer was received, or what time the row has. */
  readonly at?: string | null
  readonly value: string
}

export const MENTION_HEADER = ['source', 'place', 'run_id', 'list', 'row_number', 'at', 'value'] as const

export function mentionRow(row: MentionRow): CsvRow {
  return MENTION_HEADER.map((name) => row[name] ?? null)
}

/** The keys with the name of a mentioned person, in answers and in columns. */
export function namedKeys({ children, mentions }: Pipeline): string[] {
  if (mentions?.displayName === undefined) return []
  const column = children.find(({ name }) => name === mentions.table)?.columns[mentions.displayName]
  return [mentions.displayName, ...(column?.path === undefined ? [] : [column.path])]
}
