import type { SqlType } from '../../core/duckdb.js'
import {
  attributeColumns,
  columnOf,
  seriesColumns,
  type ChildTable,
  type Column,
  type ColumnType,
  type Pipeline,
} from '../../model/pipeline.js'
import { dayTables } from './dayTables.js'
import type { ColumnDefinition, TableDefinition } from './definition.js'

const SQL_TYPES: Record<ColumnType, SqlType> = {
  text: 'VARCHAR',
  count: 'BIGINT',
  ratio: 'DOUBLE',
  flag: 'BOOLEAN',
  list: 'VARCHAR',
}

/** SQL type of a pipeline's column. */
export function sqlType(column: Column): SqlType {
  return SQL_TYPES[column.type]
}

const RUN_ID: ColumnDefinition = { name: 'run_id', type: 'VARCHAR', description: 'The run that fetched it.' }

/** The columns of `creators` besides the profile. Every id that was ever fetched has a row. */
const BOOKKEEPING: readonly ColumnDefinition[] = [
  {
    name: 'status',
    type: 'VARCHAR',
    description:
      'The conclusive answers: active, empty (no profile: two runs in a row, or one if there never was a profile; the columns keep the last one), invalid (not an id, according to the API), or never_fetched.',
  },
  { name: 'first_seen_at', type: 'TIMESTAMPTZ', description: 'When the first profile was received.' },
  { name: 'last_fetched_at', type: 'TIMESTAMPTZ', description: 'When the profile in this row was received.' },
  { name: 'last_changed_at', type: 'TIMESTAMPTZ', description: 'When its attributes were first seen as they are.' },
  { name: 'last_conclusive_at', type: 'TIMESTAMPTZ', description: 'When the last conclusive answer was received.' },
  { name: 'run_id', type: 'VARCHAR', description: 'The run that fetched that answer.' },
  { name: 'last_attempt_at', type: 'TIMESTAMPTZ', description: 'End of the last call, whatever its outcome.' },
  {
    name: 'last_attempt_outcome',
    type: 'VARCHAR',
    description:
      'Outcome of the last call: profile, empty, misdelivered, unreadable, too_large_to_load, invalid, refused, retry, ambiguous, throttled, stop, or unknown.',
  },
  {
    name: 'last_attempt_code',
    type: 'VARCHAR',
    description:
      "Code of the last call: the API's, or our word where the API sent none or where its code says too little.",
  },
  { name: 'last_attempt_run_id', type: 'VARCHAR', description: 'The run of the last call.' },
  {
    name: 'extra',
    type: 'VARCHAR',
    description: 'JSON of the rest of the profile: unknown keys, and values that no column could read.',
  },
]

function definitionOf([name, column]: [string, Column], source = column.path): ColumnDefinition {
  return { name, type: sqlType(column), description: column.description, ...(source === undefined ? {} : { source }) }
}

function userId(pipeline: Pipeline): ColumnDefinition {
  return definitionOf(['user_id', pipeline.columns['user_id']!])
}

/** The pipeline's columns without the id, which comes first in every table. */
export function columnsBesideId(pipeline: Pipeline): [name: string, column: Column][] {
  return Object.entries(pipeline.columns).filter(([name]) => name !== 'user_id')
}

function creators(pipeline: Pipeline): TableDefinition {
  return {
    name: 'creators',
    description: `${pipeline.title}: one wide row for each id, with its newest profile. Key: user_id.`,
    columns: [userId(pipeline), ...columnsBesideId(pipeline).map((column) => definitionOf(column)), ...BOOKKEEPING],
  }
}

function counters(pipeline: Pipeline): TableDefinition {
  return {
    name: 'creator_counters',
    description: 'The counters as a time series: one row for each received profile. Key: user_id, observed_at.',
    columns: [
      userId(pipeline),
      { name: 'observed_at', type: 'TIMESTAMPTZ', description: 'When the profile was received.' },
      ...seriesColumns(pipeline).map((column) => definitionOf(column)),
      {
        name: 'attributes_hash',
        type: 'VARCHAR',
        description: 'Hash of the attributes in that profile, as in creator_versions.',
      },
      RUN_ID,
      {
        name: 'dated_ahead_at',
        type: 'TIMESTAMPTZ',
        description:
          'The time that the clock of this machine showed, where it was ahead: observed_at is then the latest possible time. Else NULL.',
      },
    ],
  }
}

function versions(pipeline: Pipeline): TableDefinition {
  return {
    name: 'creator_versions',
    description:
      'The attributes as versions: a new row when one changed. Lists are sorted and without volatile parts; empty values are NULL. Key: user_id, valid_from.',
    columns: [
      userId(pipeline),
      { name: 'valid_from', type: 'TIMESTAMPTZ', description: 'When these attributes were first seen.' },
      {
        name: 'valid_to',
        type: 'TIMESTAMPTZ',
        description: 'When the next version was first seen; NULL in the current one.',
      },
      { name: 'is_current', type: 'BOOLEAN', description: 'Whether it is the newest version.' },
      {
        name: 'changed_columns',
        type: 'VARCHAR',
        description: 'JSON array of the attributes that differ from the version before; NULL in the first version.',
      },
      { name: 'attributes_hash', type: 'VARCHAR', description: 'Hash of the attributes.' },
      ...attributeColumns(pipeline).map((column) => definitionOf(column)),
    ],
  }
}

function childTable(pipeline: Pipeline, child: ChildTable): TableDefinition {
  return {
    name: child.name,
    description: `${child.description} As of the newest profile. Key: user_id, position.`,
    columns: [
      userId(pipeline),
      { name: 'position', type: 'BIGINT', description: 'Place in the list as received, from 0.', source: child.path },
      ...Object.entries(child.columns).map(([name, column]) =>
        definitionOf([name, column], column.path === undefined ? undefined : `${child.path}[].${column.path}`),
      ),
    ],
  }
}

/**
 * The tables whose columns come from the pipeline's definition.
 * @throws Error when two columns of a table have one name, the id's column is not called `user_id`, or the mentions name a missing column
 */
export function pipelineTables(pipeline: Pipeline): TableDefinition[] {
  if (columnOf(pipeline, 'id') !== 'user_id') throw new Error(`the column with role id must be called user_id`)
  const tables = [
    creators(pipeline),
    counters(pipeline),
    ...dayTables(pipeline),
    versions(pipeline),
    ...pipeline.children.map((child) => childTable(pipeline, child)),
  ]
  for (const { name, columns } of tables) {
    const names = columns.map((column) => column.name.toLowerCase())
    const second = columns.find((_, at) => names.indexOf(names[at]!) !== at)
    const first = columns[names.indexOf(second?.name.toLowerCase() ?? '')]
    if (first && second)
      throw new Error(
        `columns ${first.name} (${first.source ?? 'ours'}) and ${second.name} (${second.source ?? 'ours'}) of ${name} have one name for DuckDB, which ignores case: give one of them another name`,
      )
  }
  checkMentions(pipeline)
  return tables
}

function checkMentions({ children, mentions }: Pipeline): void {
  if (mentions === undefined) return
  const columns = children.find((child) => child.name === mentions.table)?.columns ?? {}
  for (const column of [mentions.id, mentions.displayName ?? mentions.id]) {
    if (columns[column]?.type !== 'text')
      throw new Error(`mentions need the text column ${column} of child table ${mentions.table}`)
  }
}

/** The attributes as versions compare them. With other attributes than the stored versions have, each creator would get a false change. */
export function comparedAttributes(pipeline: Pipeline): Record<string, unknown> {
  const kept = (columns: Readonly<Record<string, Column>>) =>
    Object.entries(columns)
      .filter(([, { kind }]) => kind === 'identity' || kind === 'attribute')
      .map(([name, { type, path }]) => [name, type, path])
  return Object.fromEntries(
    attributeColumns(pipeline).map(([name, { type, path }]) => {
      const child = type === 'list' ? pipeline.children.find((each) => each.path === path) : undefined
      return [name, child ? [type, path, kept(child.columns)] : [type, path]]
    }),
  )
}
