import { join } from 'node:path'
import type { Connection } from '../core/duckdb.js'
import type { Layout } from '../dataFolder/layout.js'
import { allFiles, rawFiles } from './files.js'
import { lastReading } from './restoreRuns.js'
import { rewriteSealed } from './rewriteRuns.js'

/** A list in a sealed receipt: the row of table `lists`, and when the list was removed after that run. */
export interface SealedList {
  readonly list: string
  readonly tracked: boolean
  /** ISO 8601, UTC. */
  readonly removed_at?: string
}

/**
 * Changes a list in the receipt from which a rebuild takes it; the file is replaced in one step. No receipt has the list:
 * nothing changes.
 * @param connection to the working database, whose runs are sealed
 * @param edit returns the list as it is to be, or undefined to leave it as it is
 * @returns the list as it was; undefined if no receipt has it
 * @throws LocalError when the receipt cannot be read or written: the old one stays
 */
export async function editSealedList(
  connection: Connection,
  { raw, temp }: Pick<Layout, 'raw' | 'temp'>,
  list: string,
  edit: (sealed: SealedList) => SealedList | undefined,
): Promise<SealedList | undefined> {
  const runId = await lastReading(connection, await allFiles(raw, 'receipts'), list)
  if (runId === undefined) return undefined
  let before: SealedList | undefined
  for (const file of await rawFiles(raw, 'receipts', runId)) {
    await rewriteSealed(
      file,
      ({ run_id, lists }) => {
        if (run_id !== runId) return undefined
        const sealed = JSON.parse(lists ?? '[]') as SealedList[]
        before = sealed.find((each) => each.list === list) ?? before
        const after = before && edit(before)
        if (!after) return undefined
        return { lists: JSON.stringify(sealed.map((each) => (each.list === list ? after : each))) }
      },
      join(temp, 'lists'),
    )
  }
  return before
}
