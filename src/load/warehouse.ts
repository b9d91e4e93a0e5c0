import { rm } from 'node:fs/promises'
import { makeFolder } from '../core/atomicFile.js'
import { isOutOfMemory, openDatabase, type Connection, type Database } from '../core/duckdb.js'
import { LocalError, RunError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import { lockHolder, type Lock } from '../dataFolder/lock.js'
import type { Pipeline } from '../model/pipeline.js'
import { bringUpToDate } from './schema/schema.js'

/** The open working database. It is published as a copy, so no other program needs to open its file. */
export interface Warehouse {
  readonly connection: Connection
  /** Absolute. */
  readonly path: string
}

/** The file is not a readable database any more, or a checksum in it is wrong. */
export class DamagedWarehouse extends LocalError {
  constructor(
    /** The damaged file, absolute. */
    readonly path: string,
    cause: unknown,
  ) {
    super(`${path} is damaged (${messageOf(cause).split('\n')[0]})`, { cause })
  }
}

/** The storage version of the file: every client since DuckDB 1.2 (February 2025) can read it. */
export const STORAGE_VERSION = 'v1.2.0'

/** Which working database to open. */
export interface WarehousePlace {
  readonly lock: Lock
  readonly pipeline: Pipeline
  /** By default the file of the data folder. */
  readonly path?: string
  /** Another working database, closed: a new one takes over its tables where they are the same. */
  readonly like?: string
}

/**
 * Opens the working database of a locked data folder, does the work with it, and closes it, so that its file can be
 * copied. Creates the database if there is none, and brings its tables up to date.
 * @throws UsageError when the database belongs to another pipeline
 * @throws DamagedWarehouse when the database cannot be read
 * @throws LocalError when it is of a newer version, or another program holds it: the file stays as it is
 * @throws the error of `work`
 */
export async function withWarehouse<T>(place: WarehousePlace, work: (warehouse: Warehouse) => Promise<T>): Promise<T> {
  const { path = place.lock.layout.warehouse } = place
  const database = await open({ ...place, path })
  try {
    const result = await work({ connection: database.connection, path })
    // DuckDB checkpoints on closing as well, but does not report a failure then.
    await database.connection.run('CHECKPOINT').catch((error: unknown) => {
      throw asLocalError(error, path)
    })
    return result
  } finally {
    await database.close()
  }
}

async function open({ lock, pipeline, path, like }: WarehousePlace & { path: string }): Promise<Database> {
  const { temp, state, database: published } = lock.layout
  let database: Database | undefined
  try {
    await makeFolder(state)
    await rm(temp, { recursive: true, force: true })
    database = await openDatabase(path, {
      storageVersion: STORAGE_VERSION,
      tempDirectory: temp,
    })
    await bringUpToDate({ connection: database.connection, path, pipeline, like })
    return database
  } catch (error) {
    await database?.close()
    throw error instanceof RunError ? error : whyNotOpened(error, path, published)
  }
}

/** DuckDB reports the same failure in several forms: as an error of its own kind, or as an error of the transaction. */
const DISK_OR_MEMORY =
  /^(IO|FATAL|Fatal)\b|Could not (write|sync|truncate|open)|No space left|File too large|Input\/output error|database has been invalidated|Permission denied|Read-only file system/i

/**
 * Turns an error of DuckDB or Node about a failing or full disk, or too little memory, into a `LocalError`; any other error
 * comes back unchanged. The journal has all answers, so nothing is lost.
 */
export function asLocalError(error: unknown, path: string): unknown {
  if (error instanceof RunError) return error
  const message = messageOf(error)
  if (isDamage(error)) {
    return new DamagedWarehouse(path, error)
  }
  if (!isFileError(error) && !isOutOfMemory(error) && !DISK_OR_MEMORY.test(message)) return error
  const [line] = message.split('\n')
  const refused = refusedPath(error)
  if (refused !== undefined && refused !== path) {
    return new LocalError(
      `cannot use ${refused}: ${line}; give this user the permission to read and write it and to enter its folders, then run the same command again: nothing is lost`,
      { cause: error },
    )
  }
  return new LocalError(
    `cannot write ${path}: ${line}; ${remedyFor(error, 'free some space')}, then run the same command again: every paid answer is in the journal and is loaded first`,
    { cause: error },
  )
}

/** The file or folder for which Node or DuckDB lacks the permission, if that is the error and names it. */
function refusedPath(error: unknown): string | undefined {
  if (isFileError(error) && ['EACCES', 'EPERM', 'ELOOP'].includes(error.code ?? '')) return error.path
  return /"([^"\n]+)": Permission denied/.exec(messageOf(error))?.[1]
}

/** Whether DuckDB reports a block whose checksum is wrong, or one that it cannot interpret. */
export function isDamage(error: unknown): boolean {
  return /[Cc]orrupt|checksum|Failed to deserialize|Failed to load metadata pointer/.test(messageOf(error))
}

/** Whether this is a file error of Node. An operation on an open file, such as a sync, names no path. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && ('path' in error || ON_OPEN_FILE.test(String(error.syscall)))
}

const ON_OPEN_FILE = /^(f?sync|f?datasync|writev?|f?truncate|fchmod|fstat)$/

function whyNotOpened(error: unknown, path: string, published: string): unknown {
  const message = messageOf(error)
  const holder = lockHolder(error)
  if (holder !== undefined) {
    return new LocalError(
      `${path} is held by another program (PID ${holder}): close it there; ${published} is the file to open for reading`,
      { cause: error },
    )
  }
  if (/version number/.test(message)) {
    return new LocalError(
      `${path} was written by a newer DuckDB (${message.split('\n')[0]}): use the creator-enrich that wrote it; the file was left as it is`,
      { cause: error },
    )
  }
  if (/not a valid DuckDB database|[Cc]orrupt|Could not read enough bytes|replaying WAL|Is a directory/.test(message)) {
    return new DamagedWarehouse(path, error)
  }
  return asLocalError(error, path)
}
