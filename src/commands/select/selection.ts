import type { SortKey } from '../../config/optionParsers.js'
import { all, first, quotedText, quotedName, type Connection } from '../../core/duckdb.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { nearest } from '../../core/nearest.js'

/** The creators and columns to choose. */
export interface Selection {
  /** An SQL condition over the columns. */
  readonly where: string | undefined
  /** Only creators that are in one of these lists. */
  readonly lists: readonly string[] | undefined
  readonly sort: readonly SortKey[] | undefined
  readonly limit: number | undefined
  /** Undefined: the columns of the view. With `*` among them: all columns. */
  readonly columns: readonly string[] | undefined
  /** Choose people that creators mention, instead of creators. */
  readonly mentioned: boolean
}

export interface Selected {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly count: number
  /** Rows without the limit. */
  readonly matching: number
  /** A query for these columns of the chosen rows, in order. */
  readonly sql: string
}

const ID = 'user_id'
/** The column that keeps the order; no pipeline has a column of this name. */
export const PLACE = 'place_in_choice'
/** The table of the chosen rows: the columns of the view, and `PLACE`. */
export const CHOSEN = 'chosen'

/**
 * From here on, queries on this connection can read and write only the database, its spilled data and the files at `paths`,
 * and can change no setting.
 */
export async function forbidOtherFiles(connection: Connection, paths: readonly string[]): Promise<void> {
  // Two threads hold twice as many wide rows: a million of them would not fit into memory.
  await connection.run('SET threads = 1')
  await connection.run(`SET allowed_paths = [${paths.map(quotedText).join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

/**
 * Chooses the rows; everything that a person typed is checked before it is part of a query. The narrow rows of the view are
 * sorted and kept first. The columns of the wide table are joined later, as the rows are written: a million wide rows do not
 * fit into memory in two places.
 * @throws UsageError naming the option and what is wrong with it
 */
export async function readSelection(connection: Connection, selection: Selection): Promise<Selected> {
  const view = selection.mentioned ? 'creator_candidates' : 'creator_overview'
  const narrow = await namesOf(connection, view)
  const wide = selection.mentioned
    ? []
    : (await namesOf(connection, 'creators')).filter((name) => !narrow.includes(name))
  const known = [...narrow, ...wide]
  const source = wide.length === 0 ? view : `(${joined(view, narrow, wide)})`
  const columns = selection.columns?.includes('*') ? known : [...new Set(selection.columns ?? narrow)]
  for (const column of columns) checkColumn('--columns', column, known)
  for (const { column } of selection.sort ?? []) checkColumn('--sort', column, known)
  if (selection.where !== undefined) await checkCondition(connection, selection.where, source, known)
  const largest = { column: selection.mentioned ? 'mentioned_by' : 'fans', descending: true }
  await choose(connection, source, narrow, { ...selection, sort: selection.sort ?? [largest] })
  const added = columns.filter((column) => !narrow.includes(column))
  const from = added.length === 0 ? CHOSEN : `(${joined(CHOSEN, [...narrow, PLACE], added)})`
  const sql = `SELECT ${columns.map(quotedName).join(', ')} FROM ${from} ORDER BY ${PLACE}`
  const described = await all<{ column_name: string; column_type: string }>(connection, `DESCRIBE ${sql}`)
  const count = await countOf(connection, CHOSEN)
  const isCut = count > 0 && count === selection.limit
  const matching = isCut ? await countOf(connection, rowsOf(source, selection)) : count
  return {
    columns: described.map(({ column_name: name, column_type: type }) => ({ name, type })),
    count,
    matching,
    sql,
  }
}

/** The curated columns of the view, and others of the wide table; a column that both have comes from the view. */
function joined(view: string, narrow: readonly string[], wide: readonly string[]): string {
  const columns = [...narrow.map((name) => `o.${quotedName(name)}`), ...wide.map((name) => `c.${quotedName(name)}`)]
  return `SELECT ${columns.join(', ')} FROM creators AS c JOIN ${view} AS o ON c.${ID} = o.${ID}`
}

/** SQL after FROM for the rows that match. */
function rowsOf(source: string, { where, lists }: Pick<Selection, 'where' | 'lists'>): string {
  const names = lists?.map(quotedText).join(', ')
  const inLists = names && `${ID} IN (SELECT ${ID} FROM list_members WHERE list IN (${names}))`
  const conditions = [inLists, where && `(\n${where}\n)`].filter(Boolean)
  return conditions.length === 0 ? source : `${source} WHERE ${conditions.join(' AND ')}`
}

async function countOf(connection: Connection, from: string): Promise<number> {
  return (await first<{ count: number }>(connection, `SELECT count(*) AS count FROM ${from}`))!.count
}

async function choose(
  connection: Connection,
  source: string,
  columns: readonly string[],
  { where, lists, sort = [], limit }: Selection,
): Promise<void> {
  const keys = [...sort, { column: ID, descending: false }].map(
    ({ column, descending }) => `${quotedName(column)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`,
  )
  const sql = `
SELECT ${columns.map(quotedName).join(', ')} FROM ${rowsOf(source, { where, lists })}
ORDER BY ${keys.join(', ')}
${limit === undefined ? '' : `LIMIT ${limit}`}`
  try {
    await connection.run(`CREATE TEMP TABLE ${CHOSEN} AS SELECT *, row_number() OVER () AS ${PLACE} FROM (${sql})`)
  } catch (error) {
    // Errors that show only when the query runs, such as a text that is not a number.
    if (/^(Conversion|Invalid Input|Out of Range|Binder|Permission) Error/.test(messageOf(error)))
      throw notACondition(messageOf(error))
    throw error
  }
}

async function namesOf(connection: Connection, source: string): Promise<string[]> {
  const columns = await all<{ column_name: string }>(connection, `DESCRIBE SELECT * FROM ${source}`)
  return columns.map(({ column_name }) => column_name)
}

function checkColumn(option: string, column: string, known: readonly string[]): void {
  if (!known.includes(column)) throw unknownColumn(option, column, known)
}

function unknownColumn(option: string, column: string, known: readonly string[]): UsageError {
  const near = nearest(column, known)
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `the first columns are ${known.slice(0, 8).join(', ')}.`
  return new UsageError(`${option}: there is no column ${column}; ${hint} Table data_dictionary lists all columns`)
}

/** Whether the word stands behind a comparison, where a text is meant. */
function isComparedWith(word: string, where: string): boolean {
  const text = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(=|<>|!=|\\bLIKE)\\s*"?${text}"?(?![\\w"])`, 'iu').test(where)
}

function unquoted(word: string): UsageError {
  // Word processors and Chinese keyboards put curved quotes around it.
  const text = word.replace(/^[‘’“”「『]+|[‘’“”」』]+$/gu, '')
  const quotes = text === word ? 'single quotes' : 'straight single quotes'
  return new UsageError(`--where: there is no column ${word}; a text needs ${quotes}: '${text}'`)
}

interface Parsed {
  readonly error: boolean
  readonly error_message?: string
  readonly statements?: readonly { readonly node: Readonly<Record<string, unknown>> }[]
}

/** Checks that the condition is one expression and nothing else, and that it is true or false over the columns. */
async function checkCondition(
  connection: Connection,
  where: string,
  source: string,
  known: readonly string[],
): Promise<void> {
  const parsed = await parse(connection, `SELECT (\n${where}\n)`)
  if (parsed.error) throw notACondition(syntaxError(parsed.error_message, where))
  // Between brackets, `a) OR (b` is an expression, too.
  const isWhole = isOneExpression(parsed) && isOneExpression(await parse(connection, `SELECT\n${where}\n`))
  if (!isWhole) throw notACondition('it must be one condition and nothing else')
  let type: string
  try {
    const [described] = await all<{ column_type: string }>(connection, `DESCRIBE SELECT (\n${where}\n) FROM ${source}`)
    type = described!.column_type
  } catch (error) {
    const column = /Referenced column "([^"]+)" not found/.exec(messageOf(error))?.[1]
    if (column !== undefined)
      throw isComparedWith(column, where) ? unquoted(column) : unknownColumn('--where', column, known)
    throw notACondition(messageOf(error))
  }
  if (type !== 'BOOLEAN') throw notACondition(`it is ${type}, and must be true or false`)
}

async function parse(connection: Connection, query: string): Promise<Parsed> {
  const row = await first<{ json: string }>(
    connection,
    'SELECT CAST(json_serialize_sql($query::VARCHAR) AS VARCHAR) AS json',
    { query },
  )
  return JSON.parse(row!.json) as Parsed
}

/** Signs of a Chinese keyboard, which SQL does not know. */
const WIDE = /at or near "([＝＞＜，（）；！＋－＊／％])/u

/** A condition that is not complete fails at the bracket behind it, which nobody typed. */
function syntaxError(message = 'it cannot be parsed', where: string): string {
  const wide = WIDE.exec(message)?.[1]
  if (wide !== undefined) return `${wide} is a wide sign, which SQL does not know: write ${wide.normalize('NFKC')}`
  return message.includes('at or near ")"') && !where.includes(')') ? 'the condition is not complete' : message
}

function isOneExpression({ error, statements = [] }: Parsed): boolean {
  const [only, ...more] = statements
  if (error || only === undefined || more.length > 0) return false
  const { type, modifiers, select_list, from_table, where_clause, group_expressions, having, qualify, sample } =
    only.node
  return (
    type === 'SELECT_NODE' &&
    isEmpty(modifiers) &&
    isEmpty(group_expressions) &&
    (select_list as unknown[]).length === 1 &&
    (from_table as { type: string }).type === 'EMPTY' &&
    [where_clause, having, qualify, sample].every((part) => part === null)
  )
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0
}

/** The first line of DuckDB's error, without the name of the error. */
function notACondition(reason: string): UsageError {
  const [line = ''] = reason.split('\n')
  return new UsageError(
    `--where: ${line.replace(/^\w+ Error: /, '')}; give an SQL condition such as "fans > 10000 AND tier = 'mid'"`,
  )
}
