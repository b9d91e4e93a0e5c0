import { copyFile, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { makeFolder, syncFile, syncFolder } from '../../core/atomicFile.js'
import { all, batches, openDatabase, quotedName, type Connection } from '../../core/duckdb.js'
import { LocalError, messageOf } from '../../core/errors.js'
import { remedyFor } from '../../core/remedyFor.js'
import type { Layout } from '../../dataFolder/layout.js'
import { stableHash } from '../../flatten/jsonText.js'
import { attributeColumns, type Pipeline } from '../../model/pipeline.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { textWithout } from '../../privacy/redactJson.js'
import { baseFile, baseFolder, writeBaseTable } from '../../raw/base.js'
import { readManifest, writeManifest, type BaseSnapshot } from '../../raw/manifest.js'
import { parquet } from '../../raw/parquet.js'
import type { Finding } from './searchFolder.js'

/**
 * Writes the base snapshot again without the people: their rows go, and in the rows of others a list item about them, or
 * else the id. The manifest then names the new snapshot, and the old one is removed.
 * @param name of the folder of the new snapshot
 * @returns the number of tables that named the people
 * @throws LocalError when the snapshot cannot be read or written: the old one still counts
 */
export async function eraseBase(
  findings: readonly Finding[],
  finder: IdFinder,
  pipeline: Pipeline,
  { raw, temp }: Layout,
  name: string,
): Promise<number> {
  const manifest = await readManifest(raw)
  const { base } = manifest
  const old = base && baseFolder(raw, base.folder)
  const named = old === null ? [] : findings.filter(({ path }) => path.startsWith(old + sep)).map(({ path }) => path)
  if (base === null || named.length === 0) return 0
  const next = { ...base, folder: name }
  try {
    const tables = await rewriteTables(base, named, { raw, next, finder, pipeline, temp: join(temp, 'forget') })
    await writeManifest(raw, { ...manifest, base: { ...next, tables } })
    await rm(baseFolder(raw, base.folder), { recursive: true, force: true })
    await syncFolder(dirname(baseFolder(raw, name)))
    return named.length
  } catch (cause) {
    await rm(baseFolder(raw, name), { recursive: true, force: true })
    if (cause instanceof LocalError) throw cause
    throw new LocalError(
      `cannot rewrite ${baseFolder(raw, base.folder)}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'free some space, or make its folder writable')}, then run the same command again`,
      { cause },
    )
  }
}

interface Rewriting {
  readonly raw: string
  readonly next: Pick<BaseSnapshot, 'folder'>
  readonly finder: IdFinder
  readonly pipeline: Pipeline
  readonly temp: string
}

/** Tables in which the hash of the attributes stands: they change together. */
const HASHED = ['creator_versions', 'creator_counters']
/** Tables in which an empty list is NULL. */
const COMPARED = ['creator_versions', 'creator_changes']

async function rewriteTables(
  base: BaseSnapshot,
  named: readonly string[],
  { raw, next, finder, pipeline, temp }: Rewriting,
): Promise<BaseSnapshot['tables']> {
  await makeFolder(baseFolder(raw, next.folder))
  await makeFolder(temp)
  const scratch = await openDatabase(':memory:', { tempDirectory: temp, threads: 1 })
  const { connection } = scratch
  const isNamed = (table: string): boolean => named.includes(baseFile(raw, base, table))
  const hashed = HASHED.some(isNamed) ? HASHED : []
  const written: BaseSnapshot['tables'] = []
  try {
    const edited = base.tables.filter(({ name }) => isNamed(name) || hashed.includes(name))
    for (const { name } of edited) {
      await connection.run(`CREATE TABLE ${quotedName(name)} AS FROM ${parquet(baseFile(raw, base, name))}`)
    }
    const hashes = hashed.length > 0 ? await Hashes.of(connection, pipeline, finder) : undefined
    for (const { name } of edited) await eraseRows(connection, name, finder, pipeline)
    await hashes?.update(connection)
    for (const table of base.tables) {
      const path = baseFile(raw, next, table.name)
      if (edited.includes(table)) {
        written.push(await writeBaseTable(connection, path, table.name, `(FROM ${quotedName(table.name)})`))
      } else {
        await copyFile(baseFile(raw, base, table.name), path)
        await syncFile(path)
        written.push(table)
      }
    }
    await syncFolder(baseFolder(raw, next.folder))
    return written
  } finally {
    await scratch.close()
    await rm(temp, { recursive: true, force: true })
  }
}

type Texts = Readonly<Record<string, string | null>>

/** Edits the rows of a table. The rest of a list of children closes up, as if the item had never been there. */
async function eraseRows(connection: Connection, table: string, finder: IdFinder, pipeline: Pipeline): Promise<void> {
  const isChild = pipeline.children.some(({ name }) => name === table)
  const emptied = (text: string): string | null => (COMPARED.includes(table) && text === '[]' ? null : text)
  const gone: number[] = []
  const edits: { row: number; texts: Texts }[] = []
  for await (const { row, texts } of textRows(connection, table)) {
    const { user_id: id = null } = texts
    const after = Object.fromEntries(
      Object.entries(texts)
        .map(([name, text]) => [name, text && emptied(textWithout(text, finder))] as const)
        .filter(([name, text]) => text !== texts[name]),
    )
    if (Object.keys(after).length === 0) continue
    const isAbout = isChild && Object.values(texts).some((text) => text !== null && finder.has(text.trim()))
    if (isAbout || (id !== null && finder.has(id))) gone.push(row)
    else edits.push({ row, texts: after })
  }
  for (const { row, texts } of edits) {
    const changes = Object.keys(texts).map((name, at) => `${quotedName(name)} = $${at + 1}`)
    await connection.run(
      `UPDATE ${quotedName(table)} SET ${changes.join(', ')} WHERE rowid = ${row}`,
      Object.values(texts),
    )
  }
  if (gone.length > 0) await connection.run(`DELETE FROM ${quotedName(table)} WHERE rowid IN (${gone.join(', ')})`)
  if (table === 'creator_changes')
    await connection.run('DELETE FROM creator_changes WHERE old_value IS NOT DISTINCT FROM new_value')
  if (!isChild || gone.length === 0) return
  await connection.run(
    `CREATE OR REPLACE TABLE ${quotedName(table)} AS
     SELECT * REPLACE (row_number() OVER (PARTITION BY user_id ORDER BY position) - 1 AS position) FROM ${quotedName(table)}`,
  )
}

async function* textRows(connection: Connection, table: string): AsyncGenerator<{ row: number; texts: Texts }> {
  const columns = await all<{ name: string }>(
    connection,
    `SELECT column_name AS name FROM duckdb_columns() WHERE table_name = $table AND data_type = 'VARCHAR'`,
    { table },
  )
  const names = columns.map(({ name }) => quotedName(name)).join(', ')
  for await (const rows of batches(connection, `SELECT rowid AS "row", ${names} FROM ${quotedName(table)}`)) {
    for (const { row, ...texts } of rows) yield { row: row as number, texts: texts as Texts }
  }
}

/**
 * The hashes of the attributes of others that name the people. Without the mention they are other hashes, as a replay of
 * their answers gives them, so versions that differed in nothing else become one.
 */
class Hashes {
  private constructor(
    private readonly before: readonly { readonly user_id: string; readonly hash: string }[],
    private readonly pipeline: Pipeline,
  ) {}

  static async of(connection: Connection, pipeline: Pipeline, finder: IdFinder): Promise<Hashes> {
    const before: { user_id: string; hash: string }[] = []
    for await (const { texts } of textRows(connection, 'creator_versions')) {
      const { user_id, attributes_hash: hash } = texts
      if (!user_id || !hash || finder.has(user_id)) continue
      if (Object.values(texts).some((text) => text !== null && finder.isIn(text))) before.push({ user_id, hash })
    }
    return new Hashes(before, pipeline)
  }

  async update(connection: Connection): Promise<void> {
    const names = attributeColumns(this.pipeline).map(([name]) => name)
    const hashOf = stableHash(names)
    for (const { user_id, hash } of this.before) {
      const [row] = await all(
        connection,
        `SELECT ${names.map(quotedName).join(', ')} FROM creator_versions WHERE user_id = $user_id AND attributes_hash = $hash LIMIT 1`,
        { user_id, hash },
      )
      if (!row) continue
      const now = hashOf(names.map((name) => row[name] as string | number | bigint | boolean | null))
      for (const table of HASHED)
        await connection.run(
          `UPDATE ${table} SET attributes_hash = $now WHERE user_id = $user_id AND attributes_hash = $hash`,
          { now, user_id, hash },
        )
    }
    if (this.before.length > 0) for (const statement of JOIN_VERSIONS) await connection.run(statement)
  }
}

const JOIN_VERSIONS = [
  `
DELETE FROM creator_versions WHERE rowid IN (
  SELECT row FROM (
    SELECT rowid AS row, attributes_hash = lag(attributes_hash) OVER (PARTITION BY user_id ORDER BY valid_from) AS same
    FROM creator_versions
  ) WHERE same
)`,
  `
UPDATE creator_versions SET valid_to = ends.valid_to, is_current = ends.valid_to IS NULL
FROM (
  SELECT rowid AS row, lead(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from) AS valid_to FROM creator_versions
) AS ends
WHERE creator_versions.rowid = ends.row AND creator_versions.valid_to IS DISTINCT FROM ends.valid_to`,
]
