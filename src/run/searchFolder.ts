import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { collectGarbage } from '../collectGarbage.js'
import { all, arrays, literal, openDatabase, quoted, type Connection } from '../database.js'
import { bodyNames } from '../eraseCall.js'
import { messageOf } from '../errors.js'
import type { IdFinder } from '../idFinder.js'
import type { Layout } from '../layout.js'

/** A file that names somebody, or that nobody can read and so may. */
export interface Finding {
  /** Absolute. */
  readonly path: string
  /** Why it cannot be read. */
  readonly unreadable?: string
}

const MEMORY = '128MB'

/**
 * Looks into every file of the data folder for ids: every value of every table of a database, every value of a Parquet
 * file, any other file as bytes, and the names of files. Other data folders within it, and links, are left out.
 * @param found gets every id that was found
 */
export async function searchFolder(layout: Layout, finder: IdFinder, found?: Set<string>): Promise<Finding[]> {
  const findings: Finding[] = []
  const search = new Search(finder, layout, found)
  for (const path of await filesIn(layout.data)) {
    // Whoever opens the lock, under whatever name, and closes it again drops it. It is empty.
    if (path.startsWith(layout.lock) || path === layout.forgotten) continue
    try {
      if (await search.names(path)) findings.push({ path })
    } catch (error) {
      findings.push({ path, unreadable: messageOf(error).split('\n')[0]! })
    }
    collectGarbage()
  }
  return findings
}

/** Whether a file lies where only creator-enrich writes. */
export function isOurs(path: string, layout: Layout): boolean {
  const { raw, state, published, exports, reports, metrics, database } = layout
  const folders = [raw, state, published, exports, reports, metrics]
  return path.startsWith(`${database}.`) || folders.some((folder) => path.startsWith(folder + sep))
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const paths: string[] = []
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isFile()) paths.push(path)
    if (entry.isDirectory() && !(await isDataFolder(path))) paths.push(...(await filesIn(path)))
  }
  return paths
}

/** `demo/` within `data/`, for one. */
async function isDataFolder(path: string): Promise<boolean> {
  const names: string[] = await readdir(join(path, 'state')).catch(() => [])
  return names.includes('lock.duckdb')
}

class Search {
  constructor(
    private readonly finder: IdFinder,
    private readonly layout: Layout,
    private readonly found: Set<string> | undefined,
  ) {}

  /** Reads on after the first hit, for the sake of `found`. @throws whatever makes the file unreadable */
  async names(path: string): Promise<boolean> {
    const inName = this.inText(relative(this.layout.data, path))
    const name = basename(path)
    const inside = /\.parquet\b/.test(name)
      ? await this.inParquet(path)
      : /\.duckdb\b/.test(name)
        ? await this.inDatabase(path)
        : await this.inBytes(path)
    return inName || inside
  }

  private inText(text: string): boolean {
    const spots = this.finder.find(text)
    for (const { id } of spots) this.found?.add(id)
    return spots.length > 0
  }

  private async inParquet(path: string): Promise<boolean> {
    const database = await openDatabase(':memory:', { memoryLimit: MEMORY, threads: 1 })
    try {
      return await this.inTable(database.connection, `read_parquet(${literal(path)}, hive_partitioning = false)`)
    } finally {
      database.close()
    }
  }

  private async inDatabase(path: string): Promise<boolean> {
    const database = await openDatabase(path, { readOnly: true, memoryLimit: MEMORY, threads: 1 })
    try {
      const tables = await all<{ name: string }>(
        database.connection,
        `SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary`,
      )
      let hit = false
      for (const { name } of tables) hit = (await this.inTable(database.connection, quoted(name))) || hit
      return hit
    } finally {
      database.close()
    }
  }

  /** A row as one text, which is read faster than its values; bytes apart, which are longer as text. */
  private async inTable(connection: Connection, table: string): Promise<boolean> {
    const columns = await all<{ column_name: string; column_type: string }>(
      connection,
      `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${table})`,
    )
    const blobs = columns
      .filter(({ column_type: type }) => type === 'BLOB')
      .map(({ column_name }) => quoted(column_name))
    const texts = columns
      .filter(({ column_type: type }) => type !== 'BLOB')
      .map(({ column_name: name }) => {
        return `CAST(${quoted(name)} AS VARCHAR)`
      })
    const parts = [`concat_ws(chr(10), ${texts.join(', ')})`, ...blobs]
    let hit = false
    for await (const rows of arrays(connection, `SELECT ${parts.join(', ')} FROM ${table}`)) {
      for (const cells of rows) for (const cell of cells) hit = this.inCell(cell) || hit
    }
    return hit
  }

  private inCell(cell: unknown): boolean {
    if (typeof cell === 'string') return this.inText(cell)
    if (!(cell instanceof Uint8Array)) return false
    const text = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('latin1')
    return this.inText(text) || bodyNames(cell, this.finder)
  }

  private async inBytes(path: string): Promise<boolean> {
    let hit = false
    let tail = ''
    for await (const chunk of createReadStream(path, { encoding: 'latin1' }) as AsyncIterable<string>) {
      hit = this.inText(tail + chunk) || hit
      tail = chunk.slice(-this.finder.longest)
    }
    return hit
  }
}
