import { hash } from 'node:crypto'
import { dirname } from 'node:path'
import { commandText } from '../../core/commandText.js'
import { all, first, quotedName, runScript, transaction, type Connection } from '../../core/duckdb.js'
import { LocalError, UsageError } from '../../core/errors.js'
import type { Pipeline } from '../../model/pipeline.js'
import { fillDays } from '../merge.js'
import { dailySources } from './dayTables.js'
import {
  addColumn,
  commentOnColumn,
  commentOnTable,
  createTable,
  type TableDefinition,
  commentOnView,
  createView,
  type ViewDefinition,
} from './definition.js'
import { copyTables } from './copyTables.js'
import { DICTIONARY, writeDictionary } from './dictionary.js'
import { migrations } from './migrations/all.js'
import { comparedAttributes, pipelineTables } from './pipelineTables.js'
import { changes } from './views/changes.js'
import { creatorCandidates } from './views/creatorCandidates.js'
import { creatorGrowthDaily } from './views/creatorGrowthDaily.js'
import { creatorOverview } from './views/creatorOverview.js'
import { listCosts } from './views/listCosts.js'
import { creatorLists, listOverlap, rowsOfLists } from './views/listMembers.js'
import { listOverview } from './views/listOverview.js'
import { listDaily, listMonthly } from './views/listTimes.js'
import { spendDaily } from './views/spendDaily.js'
import { tierDaily } from './views/tierDaily.js'
import { topMovers } from './views/topMovers.js'

/** The database at `path` (for messages), and the pipeline whose tables it must have. */
export interface Target {
  readonly connection: Connection
  readonly path: string
  readonly pipeline: Pipeline
  /** Another working database, closed: a new one takes over its tables where they are the same. */
  readonly like?: string | undefined
}

/**
 * Raised whenever the same stored answers give other rows. 2: an answer that holds something else than a profile is failed,
 * not empty; a creator that had a profile becomes empty by two empty answers. 3: a page that is not JSON, or no body, at a
 * 2xx status is ambiguous. 4: `former_members` has those who left their lists before that table was there.
 * 5: `spending` has the calls of earlier runs by list, as `raw/` shows them. 6: an empty text is NULL; a counter below 0 or
 * beyond ten billion is an anomaly and NULL. 7: with `--keep-history` the last profile of each creator before that time stays.
 */
const READING = 7

/** In place of `READING` where the rows must be made again, and why. */
const OUTDATED = { clock: 0, list: -1 } as const
const REASONS: Readonly<Record<number, string>> = {
  [OUTDATED.clock]: 'the clock of this machine was ahead in an earlier run, and the times of its answers are corrected',
  [OUTDATED.list]: 'a command that changes a list was cut off',
}

interface Folder {
  readonly pipeline: string
  readonly pipeline_version: number | null
  readonly attributes: string
  readonly daily: string | null
  readonly views: string | null
  readonly schema_version: number | null
}

/** The pipeline's definition has changed in a way that needs a replay. */
export class OutdatedWarehouse extends LocalError {}

/** The database was made for another pipeline, and no run has stored anything in it. */
export class UnusedWarehouse extends UsageError {}

/**
 * Creates missing tables and adds new columns, in one transaction. A database that is up to date is left alone.
 * @throws UsageError when the database belongs to another pipeline
 * @throws LocalError when a newer creator-enrich made the database, or it was built with other attributes
 */
export async function bringUpToDate(target: Target): Promise<void> {
  const { connection, pipeline, like } = target
  const made = fingerprintOf(pipeline)
  const grown = `${made}+`
  // A file that cannot be read is no reason to fail: the tables are made.
  if (like !== undefined) await copyTables(connection, like, { views: made, reading: READING }).catch(() => undefined)
  await transaction(connection, async () => {
    const folder = await migrate(target)
    const isCurrent = folder.views === made || folder.views === grown
    if (!isCurrent) await followTables(target)
    await followPipeline(target, folder)
    if (isCurrent) return
    await runScript(connection, viewStatements(pipeline))
    await writeDictionary(connection, pipelineTables(pipeline))
    const isNew = folder.views === null && folder.attributes === NO_ATTRIBUTES
    await connection.run('UPDATE data_folder SET views = $views', { views: isNew ? made : grown })
  })
}

/** Of a database that has just been made. */
const NO_ATTRIBUTES = '{}'

/**
 * Of all that is brought in line with the definitions. It is compared instead of tables and views: DuckDB stores a view in
 * other words than its definition. With a plus sign, tables of older definitions were brought in line.
 */
function fingerprintOf(pipeline: Pipeline): string {
  const { name } = pipeline
  const all = [name, migrations.length, pipelineTables(pipeline), viewStatements(pipeline), DICTIONARY]
  return hash('sha256', JSON.stringify(all)).slice(0, 16)
}

async function migrate({ connection, path, pipeline }: Target): Promise<Folder> {
  const folder = await readFolder(connection)
  if (folder && folder.pipeline !== pipeline.name) {
    const OtherPipeline = (await first(connection, 'FROM runs LIMIT 1')) ? UsageError : UnusedWarehouse
    throw new OtherPipeline(
      `${path} belongs to the pipeline ${folder.pipeline}, not to ${pipeline.name}: give another folder with --data`,
    )
  }
  const version = folder?.schema_version ?? 0
  if (version > migrations.length) {
    throw new LocalError(
      `${path} was made by a newer creator-enrich (schema ${version}, this one knows ${migrations.length}): use the newer one; the file was left as it is`,
    )
  }
  if (folder && version === migrations.length) return folder
  await runScript(connection, migrations.slice(version).flat())
  if (!folder) {
    await connection.run(
      `INSERT INTO data_folder (pipeline, attributes, reading) VALUES ($name, '${NO_ATTRIBUTES}', ${READING})`,
      {
        name: pipeline.name,
      },
    )
  }
  await connection.run('UPDATE data_folder SET schema_version = $version', { version: migrations.length })
  return (await readFolder(connection))!
}

async function readFolder(connection: Connection): Promise<Folder | undefined> {
  const table = await first(connection, `SELECT 1 FROM duckdb_tables() WHERE table_name = 'data_folder'`)
  return table ? first<Folder>(connection, 'SELECT * FROM data_folder') : undefined
}

/** Brings the pipeline's tables in line with its definition. Columns that the definition no longer has stay, and are not filled. */
async function followTables({ connection, pipeline, path }: Target): Promise<void> {
  const existing = await readTables(connection)
  await runScript(
    connection,
    pipelineTables(pipeline).flatMap((table) => statementsFor(table, existing.get(table.name), path)),
  )
}

async function followPipeline(target: Target, folder: Folder): Promise<void> {
  const { connection, pipeline } = target
  await followDaily(target, folder.daily)
  const attributes = JSON.stringify(comparedAttributes(pipeline))
  if (folder.attributes !== attributes) await refuseFalseVersions(target, folder.attributes)
  if (folder.attributes !== attributes || folder.pipeline_version !== pipeline.version) {
    await connection.run('UPDATE data_folder SET attributes = $attributes, pipeline_version = $version', {
      attributes,
      version: pipeline.version,
    })
  }
}

/** A table as the database has it. */
interface ExistingTable {
  readonly comment: string | null
  readonly columns: readonly { readonly name: string; readonly type: string; readonly comment: string | null }[]
}

async function readTables(connection: Connection): Promise<ReadonlyMap<string, ExistingTable>> {
  const ours = `database_name = current_database() AND schema_name = 'main'`
  const tables = await all<{ table: string; comment: string | null }>(
    connection,
    `SELECT table_name AS "table", comment FROM duckdb_tables() WHERE ${ours}`,
  )
  const columns = await all<{ table: string } & ExistingTable['columns'][number]>(
    connection,
    `SELECT table_name AS "table", column_name AS name, data_type AS type, comment FROM duckdb_columns() WHERE ${ours}`,
  )
  const columnsOf = (name: string) => columns.filter(({ table }) => table === name)
  return new Map(tables.map(({ table, comment }) => [table, { comment, columns: columnsOf(table) }]))
}

/** Statements that bring a table in line with its definition. */
function statementsFor(table: TableDefinition, existing: ExistingTable | undefined, path: string): string[] {
  if (!existing) return createTable(table)
  const statements = existing.comment === table.description ? [] : [commentOnTable(table)]
  for (const column of table.columns) {
    const before = existing.columns.find(({ name }) => name === column.name)
    if (before && before.type.replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ') !== column.type) {
      throw mustReplay(path, `${table.name}.${column.name} was ${before.type} and must become ${column.type}`)
    }
    if (!before) statements.push(...addColumn(table.name, column))
    else if (before.comment !== column.description) statements.push(commentOnColumn(table.name, column))
  }
  return statements
}

/** The tables of days follow from the time series, so other source columns need no replay. */
async function followDaily({ connection, pipeline }: Target, before: string | null): Promise<void> {
  const daily = JSON.stringify(dailySources(pipeline))
  if (daily === before) return
  await fillDays(connection, pipeline)
  await connection.run('UPDATE data_folder SET daily = $daily', { daily })
}

/** With other attributes every hash differs, and each creator would get a version without a change. */
async function refuseFalseVersions({ connection, path, pipeline }: Target, before: string): Promise<void> {
  const some = await first(connection, `SELECT 1 FROM ${quotedName('creator_versions')} LIMIT 1`)
  if (!some) return
  const [old, now] = [JSON.parse(before) as Record<string, unknown>, comparedAttributes(pipeline)]
  const differing = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  )
  throw mustReplay(path, `the definition of ${differing.join(', ') || 'the order of attributes'} has changed`)
}

function mustReplay(path: string, what: string): LocalError {
  return new OutdatedWarehouse(
    `${path}: ${what} since it was built: run \`${commandText(['replay', '--data', dirname(dirname(path))])}\` first, which rebuilds all tables with no call; the file was left as it is`,
  )
}

function viewStatements(pipeline: Pipeline): string[] {
  return viewsOf(pipeline).flatMap((view) => [createView(view), ...commentOnView(view)])
}

/** The views for BI. Their names and columns are the same for every pipeline. */
export function viewsOf(pipeline: Pipeline): ViewDefinition[] {
  return [
    creatorOverview,
    creatorGrowthDaily,
    topMovers,
    creatorCandidates,
    changes,
    listOverview,
    listCosts,
    spendDaily,
    listDaily,
    listMonthly,
    tierDaily,
    creatorLists,
    listOverlap,
    rowsOfLists,
  ].map((view) => view(pipeline))
}

/**
 * Refuses to mix invented with real people, before any call is sent.
 * @throws UsageError when the database holds the other kind
 */
export async function checkKind(connection: Connection, path: string, simulated: boolean): Promise<void> {
  const folder = await first<{ simulated: boolean | null }>(connection, 'SELECT simulated FROM data_folder')
  const before = folder?.simulated ?? simulated
  if (before === simulated) return
  const [holds, given] = before ? ['simulated', 'real'] : ['real', 'simulated']
  throw new UsageError(
    `${path} holds ${holds} data, and ${given} data do not belong there: give another folder with --data`,
  )
}

/**
 * Why the database must be rebuilt, because this version makes its rows in another way; undefined if it does not. A database
 * without runs has no such rows.
 */
export async function whyOutdated(connection: Connection): Promise<string | undefined> {
  await connection.run(`UPDATE data_folder SET reading = ${READING} WHERE NOT EXISTS (FROM runs)`)
  const folder = await first<{ reading: number | null }>(connection, 'SELECT reading FROM data_folder')
  return outdatedReading(folder?.reading ?? null)
}

/** The same, from column `reading` of `data_folder`. */
export function outdatedReading(reading: number | null): string | undefined {
  if (reading === READING) return undefined
  return (
    REASONS[reading ?? Number.NaN] ??
    'an older version made it, which read some answers in another way (see CHANGELOG.md)'
  )
}

/** Makes the next opening rebuild the database: what was found since changes its rows. */
export async function requireRebuild(connection: Connection, why: keyof typeof OUTDATED): Promise<void> {
  await connection.run(`UPDATE data_folder SET reading = ${OUTDATED[why]}`)
}

/** Takes `requireRebuild` back: the rows are right again. */
export async function requireNoRebuild(connection: Connection): Promise<void> {
  await connection.run(`UPDATE data_folder SET reading = ${READING}`)
}

/** Marks the folder as simulated or real, after the check of `checkKind`. */
export async function claimKind(connection: Connection, path: string, simulated: boolean): Promise<void> {
  await checkKind(connection, path, simulated)
  await connection.run('UPDATE data_folder SET simulated = $simulated WHERE simulated IS NULL', { simulated })
}
