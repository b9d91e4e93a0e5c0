import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../core/atomicFile.js'
import { first, quotedText, type Connection } from '../core/duckdb.js'
import type { ExportedFile } from './exportedFile.js'
import type { IncludedRows } from './exportRows.js'

const knownSchema = z.record(
  z.string(),
  z.object({ content: z.string(), rows: z.number(), size: z.number(), changedAt: z.number() }),
)

/**
 * What each export was made from, kept in a file: an export whose rows did not change is known without making it. Without
 * the file, or after somebody changed an export, it is made again.
 */
export class Fingerprints {
  private constructor(
    private readonly path: string,
    private readonly known: z.infer<typeof knownSchema>,
  ) {}

  static async open(path: string): Promise<Fingerprints> {
    const text = await readFile(path, 'utf8').catch(() => '{}')
    const read = knownSchema.safeParse(parsed(text))
    return new Fingerprints(path, read.data ?? {})
  }

  /** The export as it is, if it was made from this content; undefined if it must be made. */
  async find(path: string, content: string): Promise<ExportedFile | undefined> {
    const known = this.known[basename(path)]
    if (known?.content !== content) return undefined
    const there = await stat(path).catch(() => undefined)
    if (there?.size !== known.size || there.ctimeMs !== known.changedAt) return undefined
    return { path, rows: known.rows, replaced: false }
  }

  async add({ path, rows }: ExportedFile, content: string): Promise<void> {
    const { size, ctimeMs } = await stat(path)
    this.known[basename(path)] = { content, rows, size, changedAt: ctimeMs }
  }

  /** A failure costs only time at the next publish. */
  async save(): Promise<void> {
    await replaceFile(this.path, (temporary) => writeFile(temporary, JSON.stringify(this.known))).catch(() => undefined)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A fingerprint of rows in any order. */
const OF_ROWS = `concat(count(*), ' ', bit_xor(row), ' ', sum(row::HUGEINT))`

/**
 * The content of the files of all creators.
 * @param form whatever else decides how a file looks
 */
export async function creatorsContent(connection: Connection, form: string): Promise<string> {
  return contentOf(connection, form, 'SELECT hash(c) AS row FROM creators AS c')
}

/** The content of the rows of an included folder. */
export async function includedContent(connection: Connection, { table, columns }: IncludedRows): Promise<string> {
  return contentOf(connection, JSON.stringify(columns), `SELECT hash(i) AS row FROM ${table} AS i`)
}

/** The content of an enriched list. */
export async function listContent(connection: Connection, form: string, list: string): Promise<string> {
  return contentOf(
    connection,
    form,
    `SELECT hash(m.row_number, m.input, m.status, m.reason, c.row) AS row
     FROM list_members AS m LEFT JOIN (SELECT user_id, hash(creators) AS row FROM creators) AS c USING (user_id)
     WHERE m.list = ${quotedText(list)}`,
  )
}

/** The content of the workbook of all creators. */
export async function overviewContent(connection: Connection, form: string, overview: string): Promise<string> {
  return contentOf(connection, form, `SELECT hash(o) AS row FROM (${overview}) AS o`)
}

/** The content of the workbook of a list. */
export async function listOverviewContent(
  connection: Connection,
  form: string,
  overview: string,
  list: string,
): Promise<string> {
  return contentOf(
    connection,
    form,
    `SELECT hash(m.row_number, m.input, m.status, m.reason, o.row) AS row
     FROM list_members AS m LEFT JOIN (SELECT user_id, hash(o) AS row FROM (${overview}) AS o) AS o USING (user_id)
     WHERE m.list = ${quotedText(list)}`,
  )
}

async function contentOf(connection: Connection, form: string, rows: string): Promise<string> {
  const found = await first<{ content: string }>(
    connection,
    `SELECT concat(version(), ' ', ${OF_ROWS}) AS content FROM (${rows})`,
  )
  return createHash('sha256').update(`${form} ${found!.content}`).digest('hex')
}
