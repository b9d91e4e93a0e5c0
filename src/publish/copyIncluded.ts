import { realpath } from 'node:fs/promises'
import {
  arrays,
  first,
  openDatabase,
  quotedName,
  quotedText,
  runScript,
  transaction,
  type Connection,
} from '../core/duckdb.js'
import { isAbsent } from '../core/absent.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import { plural } from '../core/text.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { commentOnView, createTable, createView, type TableDefinition } from '../load/schema/definition.js'
import { writeDictionary } from '../load/schema/dictionary.js'
import { pipelineTables } from '../load/schema/pipelineTables.js'
import { creatorOverview } from '../load/schema/views/creatorOverview.js'
import { includedTable } from '../load/schema/views/includedColumns.js'
import { isBuiltIn } from '../model/isBuiltIn.js'
import { loadPipeline, type Pipeline } from '../model/pipeline.js'
import type { IdFinder } from '../privacy/idFinder.js'
import { countLeaving, forgottenFinder, leavingFinder, readTombstones } from '../privacy/tombstones.js'
import { readIncluded } from './includedFolder.js'

/** The table that says what was copied from the other folder, and when. */
export const INCLUDED_FOLDER: TableDefinition = {
  name: 'included_folder',
  description:
    'The other data folder whose newest rows are in this file: one row. No row of it is in raw/ of this folder.',
  columns: [
    { name: 'pipeline', type: 'VARCHAR', description: 'Pipeline of the other folder.' },
    { name: 'table_name', type: 'VARCHAR', description: 'The table here that holds its rows.' },
    {
      name: 'copied_at',
      type: 'TIMESTAMPTZ',
      description: 'When the rows were copied; before the last publish if the other folder could not be read then.',
    },
  ],
}

/** Where rows are copied from. */
interface Source {
  readonly path: string
  readonly table: string
  /** SQL for `included_folder.copied_at`. */
  readonly copiedAt: string
  /** @throws Error when the attached file `source` is not the folder that was included */
  readonly check?: (connection: Connection) => Promise<void>
}

/**
 * Adds the newest rows of the folder that this one includes to a copy that is about to be published: those of the people
 * that this folder has, so nobody who was erased here. The working database does not have them, and neither has `raw/`.
 * @param copy a closed copy of the working database
 */
export async function copyIncluded(copy: string, layout: Layout, pipeline: Pipeline, effects: Effects): Promise<void> {
  const included = await readIncluded(layout)
  if (included === undefined) return
  if (!isBuiltIn(included.pipeline)) {
    const why = `this version has no pipeline ${included.pipeline}, so there is no table of it`
    effects.log('warn', `${included.data} cannot be included: ${why}; ${REMEDY}`, 'include_failed')
    return
  }
  const other = await loadPipeline(included.pipeline)
  const table = tableOf(other)
  const people = await forgottenPeople(layout)
  const database = await openDatabase(copy, { tempDirectory: layout.temp })
  const { connection } = database
  const copyFrom = (source: Source): Promise<number> =>
    withAttached(connection, source.path, async () => {
      await source.check?.(connection)
      return transaction(connection, async () => {
        const rows = await fill(connection, table, other.name, source)
        const overview = creatorOverview(pipeline, other)
        await runScript(connection, [createView(overview), ...commentOnView(overview)])
        for (const finder of people) await blankMentions(connection, { ...table, name: quotedName(table.name) }, finder)
        await writeDictionary(connection, [...pipelineTables(pipeline), table])
        return rows
      })
    })
  try {
    const rows = await copyFrom({
      path: layoutOf(included.data).database,
      table: 'creators',
      copiedAt: quotedText(new Date(effects.now()).toISOString()),
      check: (source) => checkSource(source, other),
    })
    const people = plural(rows, 'person', 'people')
    effects.log('info', `table ${table.name} has ${people} of ${included.data}`, 'folder_included')
  } catch (error) {
    const last = {
      path: layout.database,
      table: table.name,
      copiedAt: '(SELECT copied_at FROM source.included_folder)',
    }
    const kept = await copyFrom(last).then(
      () => 'its rows of the last publish stay',
      () => `there is no table ${table.name}`,
    )
    effects.log('warn', `${included.data} cannot be included: ${whyNot(error)}; ${kept}; ${REMEDY}`, 'include_failed')
  } finally {
    await database.close()
  }
}

const REMEDY = '`run --include DIR` names another folder, `run --no-include` ends this'

function whyNot(error: unknown): string {
  if (isAbsent(error)) return 'there is no published file'
  const [said = ''] = messageOf(error).split('\n')
  const isOther = /^(Binder|Catalog|Conversion) Error/.test(said)
  return isOther ? `another version of creator-enrich wrote it, or another program (${said})` : said
}

function tableOf(pipeline: Pipeline): TableDefinition {
  const creators = pipelineTables(pipeline).find(({ name }) => name === 'creators')!
  const description = `Newest rows of another data folder, which this one includes. ${creators.description}`
  return { ...creators, name: includedTable(pipeline), description }
}

export async function withAttached<T>(connection: Connection, path: string, work: () => Promise<T>): Promise<T> {
  // The link is resolved: beside the real file no other program writes a change log.
  await connection.run(`ATTACH ${quotedText(await realpath(path))} AS source (READ_ONLY)`)
  try {
    return await work()
  } finally {
    await connection.run('DETACH source')
  }
}

export async function checkSource(connection: Connection, { name }: Pipeline): Promise<void> {
  const found = await first<{ pipeline: string; is_other_kind: boolean | null }>(
    connection,
    `SELECT other.pipeline, other.simulated <> own.simulated AS is_other_kind
     FROM source.data_folder AS other, data_folder AS own`,
  )
  if (found?.pipeline !== name) throw new Error(`it belongs to the pipeline ${found?.pipeline} now`)
  if (found.is_other_kind) throw new Error('one of the two folders holds simulated data, the other one real data')
}

/** @returns the number of rows */
async function fill(connection: Connection, table: TableDefinition, other: string, source: Source): Promise<number> {
  const name = quotedName(table.name)
  await runScript(connection, [
    ...createTable(table),
    insertKnown(name, table.columns, source.table),
    ...createTable(INCLUDED_FOLDER),
    `INSERT INTO ${INCLUDED_FOLDER.name} VALUES (${quotedText(other)}, ${quotedText(table.name)}, ${source.copiedAt})`,
  ])
  return (await first<{ rows: number }>(connection, `SELECT count(*) AS rows FROM ${name}`))!.rows
}

/** SQL for the rows of people whom this folder has. An older version may have published fewer columns. */
export function insertKnown(into: string, columns: readonly { readonly name: string }[], table: string): string {
  const names = columns.map(({ name }) => quotedText(name)).join(', ')
  return `INSERT INTO ${into} BY NAME
     SELECT COLUMNS(column_name -> column_name IN (${names})) FROM source.${quotedName(table)}
     WHERE user_id IN (SELECT user_id FROM creators)`
}

/** The finders of people whom no file of this folder may name. */
export async function forgottenPeople({ forgotten }: Layout): Promise<IdFinder[]> {
  const tombstones = await readTombstones(forgotten)
  const finder = forgottenFinder(tombstones)
  return [...(finder ? [finder] : []), ...(countLeaving(tombstones) > 0 ? [leavingFinder(tombstones)] : [])]
}

/**
 * Empties each cell about somebody else that names a forgotten person.
 * @param table its name is SQL
 */
export async function blankMentions(
  connection: Connection,
  {
    name,
    columns,
  }: { readonly name: string; readonly columns: readonly { readonly name: string; readonly type: string }[] },
  finder: IdFinder,
): Promise<void> {
  const texts = columns.filter((column) => column.type === 'VARCHAR' && column.name !== 'user_id')
  if (texts.length === 0) return
  const names = texts.map((column) => quotedName(column.name))
  const found: string[] = []
  for await (const rows of arrays(connection, `SELECT rowid, ${names.join(', ')} FROM ${name}`)) {
    for (const [row, ...cells] of rows) {
      const blank = names.filter((_, at) => typeof cells[at] === 'string' && finder.isIn(cells[at]))
      const set = blank.map((column) => `${column} = NULL`).join(', ')
      if (blank.length > 0) found.push(`UPDATE ${name} SET ${set} WHERE rowid = ${String(row)}`)
    }
  }
  await runScript(connection, found)
}

/** The pipeline of the folder that a published file includes; undefined also for one that this version does not have. */
export async function includedPipeline(connection: Connection): Promise<Pipeline | undefined> {
  const folder = await includedIn(connection, 'current_database()', INCLUDED_FOLDER.name)
  return folder && isBuiltIn(folder.pipeline) ? loadPipeline(folder.pipeline) : undefined
}

/** The tables of the attached file `database` that do not follow from `raw/` of its folder. */
export async function tablesOfOthers(connection: Connection, database: string): Promise<string[]> {
  const table = `${quotedName(database)}.${INCLUDED_FOLDER.name}`
  const folder = await includedIn(connection, quotedText(database), table)
  return folder ? [INCLUDED_FOLDER.name, folder.table_name] : []
}

async function includedIn(
  connection: Connection,
  database: string,
  table: string,
): Promise<{ pipeline: string; table_name: string } | undefined> {
  const there = `FROM duckdb_tables() WHERE database_name = ${database} AND table_name = '${INCLUDED_FOLDER.name}'`
  return (await first(connection, `SELECT 1 ${there}`)) && first(connection, `FROM ${table}`)
}
