import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { all, arrays, quotedText, openDatabase, quotedName, type Connection, type Database } from '../../core/duckdb.js'
import { bodyNames } from '../../privacy/eraseCall.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { unsupportedFormat } from '../../read/formats.js'
import { gunzip } from '../../read/gunzip.js'

const GZIP = Buffer.from([0x1f, 0x8b])
/** The text behind the first checksum of a DuckDB file. */
const DUCKDB = 'DUCK'

/** Looks for ids in files of any kind. Reads a file to its end, so that `found` gets every id in it. */
export class FileSearch {
  /** One database for all files: opening one takes longer than searching a small file. */
  private database: Database | undefined

  constructor(
    private readonly finder: IdFinder,
    private readonly found?: Set<string>,
  ) {}

  /** @throws an error when nothing was found and the file, or a part of it, cannot be searched */
  async inFile(path: string): Promise<boolean> {
    const name = basename(path)
    const head = await headOf(path)
    if (/\.parquet\b/.test(name) || head.toString('latin1', 0, 4) === 'PAR1') return this.inParquet(path)
    if (/\.duckdb\b/.test(name) || head.toString('latin1', 8, 12) === DUCKDB) return this.inDatabase(path)
    const bytes = createReadStream(path) as AsyncIterable<Buffer>
    return this.inContent(head.subarray(0, GZIP.length).equals(GZIP) ? gunzip(bytes, 'the file') : bytes)
  }

  inText(text: string): boolean {
    const matches = this.finder.find(text)
    for (const { id } of matches) this.found?.add(id)
    return matches.length > 0
  }

  /** Searches bytes of any kind as text. */
  async inBytes(bytes: AsyncIterable<Buffer>): Promise<boolean> {
    let hit = false
    for await (const window of this.windows(bytes)) hit = this.inWindow(window) || hit
    return hit
  }

  /** @throws Error when nothing was found and the bytes are damaged or of an unsupported format */
  private async inContent(bytes: AsyncIterable<Buffer>): Promise<boolean> {
    let hit = false
    let unsupported: string | undefined
    try {
      for await (const window of this.windows(bytes)) {
        unsupported ??= unsupportedFormat(window) ?? ''
        hit = this.inWindow(window) || hit
      }
      if (unsupported) throw new Error(`it ${unsupported}`)
    } catch (error) {
      if (!hit) throw error
    }
    return hit
  }

  /** Each window begins with the end of the previous one, so that no id is cut. */
  private async *windows(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let tail: Buffer = Buffer.alloc(0)
    for await (const chunk of bytes) {
      const window = Buffer.concat([tail, chunk])
      yield window
      tail = window.subarray(-2 * (this.finder.longest + 1))
    }
  }

  private inWindow(bytes: Buffer): boolean {
    let hit = false
    for (const text of decodingsOf(bytes)) hit = this.inText(text) || hit
    return hit
  }

  /** Safe to call twice. The next search opens the database again. */
  async close(): Promise<void> {
    await this.database?.close()
    this.database = undefined
  }

  private async connect(): Promise<Connection> {
    this.database ??= await openDatabase(':memory:', { threads: 1 })
    return this.database.connection
  }

  private async inParquet(path: string): Promise<boolean> {
    return this.inTable(await this.connect(), `read_parquet(${quotedText(path)}, hive_partitioning = false)`)
  }

  private async inDatabase(path: string): Promise<boolean> {
    const connection = await this.connect()
    await connection.run(`ATTACH ${quotedText(path)} AS searched (TYPE duckdb, READ_ONLY)`)
    const tables = await all<{ schema: string; name: string }>(
      connection,
      `SELECT schema_name AS schema, table_name AS name FROM duckdb_tables() WHERE database_name = 'searched'`,
    )
    let hit = false
    for (const { schema, name } of tables)
      hit = (await this.inTable(connection, `searched.${quotedName(schema)}.${quotedName(name)}`)) || hit
    await connection.run('DETACH searched')
    return hit
  }

  /** Reads the columns of a row as one text, which is faster. BLOBs are read apart, since they are longer as text. */
  private async inTable(connection: Connection, table: string): Promise<boolean> {
    const columns = await all<{ column_name: string; column_type: string }>(
      connection,
      `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${table})`,
    )
    const isBlob = ({ column_type }: { column_type: string }): boolean => column_type === 'BLOB'
    const blobs = columns.filter(isBlob).map(({ column_name }) => quotedName(column_name))
    const texts = columns
      .filter((column) => !isBlob(column))
      .map(({ column_name }) => `CAST(${quotedName(column_name)} AS VARCHAR)`)
    const parts = [`concat_ws(chr(10), ${texts.join(', ')}) AS row_text`, ...blobs]
    const sql = this.suspects(`SELECT ${parts.join(', ')} FROM ${table}`, blobs)
    let hit = false
    for await (const rows of arrays(connection, sql)) {
      for (const cells of rows) for (const cell of cells) hit = this.inCell(cell) || hit
    }
    return hit
  }

  /**
   * The rows, without each `row_text` that has none of the ids in upper or lower case: it is NULL, or its row is left out. DuckDB
   * excludes texts faster than this process can read them.
   */
  private suspects(rows: string, blobs: readonly string[]): string {
    const few = this.finder.few ?? []
    if (few.length === 0) return rows
    const pattern = few.map((id) => `regexp_escape(${quotedText(id)})`).join(` || '|' || `)
    const names = `regexp_matches(row_text, '(?i)' || ${pattern})`
    if (blobs.length === 0) return `SELECT row_text FROM (${rows}) WHERE ${names}`
    return `SELECT CASE WHEN ${names} THEN row_text END, ${blobs.join(', ')} FROM (${rows})`
  }

  private inCell(cell: unknown): boolean {
    if (typeof cell === 'string') return this.inText(cell)
    if (!(cell instanceof Uint8Array)) return false
    const text = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('latin1')
    return this.inText(text) || bodyNames(cell, this.finder)
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/**
 * The possible texts of these bytes. Ids are the same in UTF-8, GB18030 and Latin-1. Bytes with zeros may be UTF-16, which
 * may start at an even or an odd byte.
 */
function* decodingsOf(bytes: Buffer): Generator<string> {
  yield bytes.toString('latin1')
  if (!bytes.includes(0)) return
  for (const from of [0, 1]) {
    const pairs = Buffer.from(bytes.subarray(from, bytes.length - ((bytes.length - from) % 2)))
    yield pairs.toString('utf16le')
    yield pairs.swap16().toString('utf16le')
  }
}
