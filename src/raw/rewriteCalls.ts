import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder, replaceFile, syncFolder } from '../core/atomicFile.js'
import { openDatabase } from '../core/duckdb.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import type { EditCall } from '../model/call.js'
import { isMergedFile } from './files.js'
import type { CallKind } from './kinds.js'
import { openPart, sortPart, writePart, ANSWERS, CALLS, rawRow } from './callTables.js'
import { runsInFile } from './readCalls.js'

/** Opens a file with calls of this kind for reading. Call `close` when done. */
export async function openRaw(kind: CallKind, file: string, ids?: readonly string[]) {
  const database = await openDatabase(':memory:', { threads: 1 })
  try {
    const runs = await runsInFile(database.connection, kind === 'answers' ? ANSWERS : CALLS, file, { ids })
    return { runs, close: () => database.close() }
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Rewrites a file of `raw/` with edited calls, each with a new checksum. The new file is read back before it replaces the
 * old one. A file without any call left is removed, except a merged one, which the manifest names.
 * @param temp a folder for DuckDB's temporary files
 * @throws LocalError when the file cannot be read or written: the old one stays
 */
export async function rewriteRaw(kind: CallKind, file: string, edit: EditCall, temp: string): Promise<void> {
  const table = kind === 'answers' ? ANSWERS : CALLS
  await makeFolder(temp)
  const scratch = await openDatabase(':memory:', { tempDirectory: temp, threads: 1 })
  const source = await openRaw(kind, file).catch(async (error: unknown) => {
    await scratch.close()
    throw error
  })
  try {
    const part = await openPart(scratch.connection, table)
    let rows = 0
    for (const run of source.runs) {
      for await (const calls of run.calls()) {
        for (const call of calls) {
          const edited = edit(call)
          if (!edited) continue
          part.append(rawRow(run.header, edited))
          rows += 1
        }
      }
    }
    part.close()
    if (source.runs.length > 1) await sortPart(scratch.connection)
    if (rows > 0 || isMergedFile(file))
      await replaceFile(file, (temporary) => writePart(scratch.connection, table, temporary, rows))
    else await rm(file, { force: true }).then(() => syncFolder(dirname(file)))
  } catch (cause) {
    if (cause instanceof LocalError) throw cause
    throw new LocalError(
      `cannot rewrite ${file}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'free some space, or make its folder writable')}, then run the same command again`,
      { cause },
    )
  } finally {
    await source.close()
    await scratch.close()
    await rm(temp, { recursive: true, force: true })
  }
}
