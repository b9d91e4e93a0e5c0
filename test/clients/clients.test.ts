import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quotedName, type ReadCell } from '../../src/core/duckdb.js'
import { published } from '../support/published.js'
import { makeHistory } from './history.js'

/** A client's description of a table or view: `rows` were returned, `count` is from SQL; read.py explains the digest. */
interface Relation {
  readonly name: string
  readonly view: boolean
  readonly types: readonly string[]
  readonly rows: number
  readonly count: number
  readonly digest: string
}

type Row = Record<string, ReadCell>

/** Runs the statements; returns the rows of each. */
type Query = (statements: readonly string[]) => Promise<Row[][]>

interface Client {
  readonly name: string
  readonly read: (file: string) => Promise<Relation[]>
}

/** The types that every BI driver supports. */
const TYPES = ['VARCHAR', 'BIGINT', 'INTEGER', 'DOUBLE', 'BOOLEAN', 'DATE', 'TIMESTAMP']

const run = promisify(execFile)
const OUTPUT_LIMIT = { maxBuffer: 1 << 24 }
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

const RELATIONS = `
  SELECT table_name AS name, table_type = 'VIEW' AS view, string_agg(data_type, ',' ORDER BY ordinal_position) AS types
  FROM information_schema.columns JOIN information_schema.tables USING (table_catalog, table_schema, table_name)
  WHERE table_schema = 'main' GROUP BY ALL`

async function readBy(query: Query): Promise<Relation[]> {
  const [relations] = (await query([RELATIONS])) as unknown as [{ name: string; view: boolean; types: string }[]]
  const results = await query(
    relations.flatMap(({ name }) => [
      `SELECT * FROM ${quotedName(name)}`,
      `SELECT count(*) AS count FROM ${quotedName(name)}`,
      `SELECT COLUMNS(*)::VARCHAR FROM ${quotedName(name)}`,
    ]),
  )
  return relations.map(({ name, view, types }, at) => {
    const [rows, counted, texts] = results.slice(3 * at) as [
      Row[],
      [{ count: number }],
      Record<string, string | null>[],
    ]
    const lines = texts.map((row) =>
      Object.values(row)
        .map((cell) => cell ?? '\0')
        .join('\u001f'),
    )
    const digest = createHash('sha256').update(lines.sort(byCodePoint).join('\n')).digest('hex')
    return { name, view, types: types.split(','), rows: rows.length, count: counted[0].count, digest }
  })
}

/** Runs a script of this folder in the client's own runtime. */
async function readByScript(command: string, args: readonly string[], file: string): Promise<Relation[]> {
  const { stdout } = await run(command, [...args, file], OUTPUT_LIMIT)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Relation)
}

function python(command: string): Client['read'] {
  return (file) => readByScript(command, [here('read.py')], file)
}

function jdbc(jar: string): Client['read'] {
  return (file) => readByScript('java', ['-cp', jar, here('Read.java')], file)
}

const NEXT = '----'

/** DuckDB's own command line, with all statements in one process. */
function commandLine(file: string): Promise<Relation[]> {
  return readBy(async (statements) => {
    const script = statements.flatMap((sql) => ['-c', sql, '-c', `.print ${NEXT}`])
    const { stdout } = await run(
      'duckdb',
      ['-readonly', '-json', file, '-c', "SET TimeZone = 'UTC'", ...script],
      OUTPUT_LIMIT,
    )
    const answers = stdout.split(`${NEXT}\n`).slice(0, -1)
    return answers.map((answer) => JSON.parse(answer || '[]') as Row[])
  })
}

function works(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The clients that prepare.sh has fetched, otherwise those that are installed on this machine. */
function clientsHere(): Client[] {
  const prepared = process.env['CREATOR_ENRICH_CLIENTS']
  const found: Client[] = []
  for (const name of prepared ? readdirSync(prepared).sort() : []) {
    const path = join(prepared!, name)
    if (name.startsWith('python-')) found.push({ name, read: python(join(path, 'bin', 'python')) })
    if (/^jdbc-.*\.jar$/.test(name)) found.push({ name, read: jdbc(path) })
  }
  if (!prepared && works('python3', '-c', 'import duckdb, pytz'))
    found.push({ name: 'python3', read: python('python3') })
  if (works('duckdb', '-version')) found.push({ name: 'duckdb', read: commandLine })
  return found
}

const clients = clientsHere()

const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'data', 'creators.duckdb')
let expected: Relation[]

if (clients.length === 0) {
  test('other clients', ({ skip }) => skip('no client is installed: run `make clients` to fetch some'))
} else {
  beforeAll(async () => {
    const data = await makeHistory(folder)
    expected = await readBy((statements) => Promise.all(statements.map((sql) => published(data, sql))))
  })
}

const byName = (described: readonly Relation[]) => described.toSorted((a, b) => byCodePoint(a.name, b.name))

const VIEWS = [
  'creator_candidates',
  'creator_growth_daily',
  'creator_overview',
  'data_dictionary',
  'list_costs',
  'list_overview',
  'spend_daily',
  'top_movers',
]

test.for(clients)('$name reads each table and view as our own client does', async ({ read }) => {
  const relations = byName(await read(file))
  expect(relations).toEqual(byName(expected))
  for (const { name, rows, count } of relations) expect(rows, name).toBe(count)
  const views = relations.filter(({ view }) => view)
  expect(views.filter(({ rows }) => rows > 0).map(({ name }) => name)).toEqual(VIEWS)
  expect(views.flatMap(({ types }) => types).filter((type) => !TYPES.includes(type))).toEqual([])
})
