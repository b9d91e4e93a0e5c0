import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UsageError } from '../core/errors.js'

const PARQUET = /\.(parquet|pq)$/i

/** Whether a file has a name of Parquet. */
export function isNamedParquet(path: string): boolean {
  return PARQUET.test(path)
}

/** The list of a folder of Parquet files. */
export function folderList(path: string): string {
  return basename(path).replace(PARQUET, '')
}

/** Names of entries beside which the Parquet files are not yet, or no longer, one table. */
const SIGNS: readonly [name: string, what: string][] = [
  ['_delta_log', 'is a Delta table, whose files may hold deleted rows; export it as one Parquet file'],
  ['.hoodie', 'is a Hudi table, whose files may hold deleted rows; export it as one Parquet file'],
  ['_temporary', 'is not complete: it has a folder _temporary; write it again'],
]

/**
 * The files of a folder that Spark or another engine wrote as one table, in the order of their names. Hidden files and those
 * that begin with `_`, such as `_SUCCESS`, hold no rows.
 * @throws UsageError if there are none, or if there is anything else
 */
export async function parquetParts(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const sign = SIGNS.find(([name]) => entries.some((entry) => entry.name === name))
  if (sign !== undefined) throw new UsageError(`${folder} ${sign[1]}`)
  const visible = entries.filter(({ name }) => !/^[._]/.test(name))
  const parts = visible.filter((entry) => !entry.isDirectory() && isNamedParquet(entry.name)).map(({ name }) => name)
  if (parts.length === 0) throw new UsageError(`${folder} is a folder; give a file`)
  const other = visible.find(({ name }) => !parts.includes(name))
  if (other !== undefined) {
    const what = `a folder is one list only if all of its files are Parquet, but it has ${JSON.stringify(other.name)}`
    throw new UsageError(`${folder}: ${what}; remove that, or give the files one by one`)
  }
  return parts.sort().map((name) => join(folder, name))
}
