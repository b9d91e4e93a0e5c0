import { openDatabase } from '../core/duckdb.js'
import type { Call, RunHeader } from '../model/call.js'
import { ANSWERS, CALLS } from './callTables.js'
import { runsInFile } from './readCalls.js'
import { readWithoutLock } from './readWithoutLock.js'

/** A call in `raw/`. */
export interface SealedCall {
  readonly header: RunHeader
  readonly call: Call
  /** Absolute. */
  readonly file: string
}

/**
 * The calls in `raw/`, each once, without the lock of the folder.
 * @param isWanted leaves out the other runs
 * @throws LocalError when a file cannot be read or has changed since it was written
 */
export async function* sealedCalls(raw: string, isWanted?: (runId: string) => boolean): AsyncGenerator<SealedCall> {
  const database = await openDatabase(':memory:', { threads: 1 })
  const { connection } = database
  try {
    for (const table of [ANSWERS, CALLS]) {
      const inFile = async function* (file: string, runs: readonly string[]): AsyncGenerator<SealedCall> {
        for (const run of await runsInFile(connection, table, file)) {
          const { header } = run
          if (!runs.includes(header.runId)) continue
          for await (const calls of run.calls()) for (const call of calls) yield { header, call, file }
        }
      }
      yield* readWithoutLock(raw, table.kind, inFile, ({ header, call }) => `${header.runId} ${call.seq}`, isWanted)
    }
  } finally {
    await database.close()
  }
}
