import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Effects } from '../core/effects.js'
import { plural } from '../core/text.js'
import type { Layout } from '../dataFolder/layout.js'
import { repairJournal } from '../journal/repairJournal.js'
import type { CallEnd } from '../model/call.js'
import type { Interpret } from '../model/outcome.js'
import type { FleetDatabase } from './database.js'
import { endLanding, landEnds } from './landingSql.js'

/** The folder of the segments that a worker writes while the database is away. */
export function spoolFolder({ state }: Layout): string {
  return join(state, 'spool')
}

/**
 * Ships the answers of a local journal. May be killed at any point: to land an answer again changes nothing.
 * @returns the number of answers and other ends
 * @throws LocalError when the database is away, or the journal cannot be read
 */
export async function shipSpool(
  database: FleetDatabase,
  folder: string,
  interpret: Interpret,
  { log }: Pick<Effects, 'log'>,
): Promise<number> {
  const { segments, damaged } = await repairJournal(folder)
  for (const { message } of damaged) log('warn', message, 'journal_damaged')
  let shipped = 0
  for (const segment of segments) {
    const [session] = await database.query<{ session_no: string; account: string }>(
      'SELECT session_no, account FROM sessions WHERE session_id = $1',
      [segment.header.runId],
    )
    if (!session) {
      log(
        'warn',
        `${segment.path} belongs to another database than ${database.shown}, and stays where it is: start the worker with the database that it worked for`,
        'spool_foreign',
      )
      continue
    }
    const of = { sessionNo: session.session_no, account: session.account }
    for await (const calls of segment.calls()) {
      const ends = calls.filter((call): call is CallEnd => call.kind !== 'unknown')
      await landEnds(
        database.query,
        of,
        ends.map((end) => endLanding(end, interpret)),
      )
      shipped += ends.length
    }
    await rm(segment.path, { force: true })
  }
  if (shipped > 0)
    log(
      'info',
      `${plural(shipped, 'answer')} that the database did not take before ${shipped === 1 ? 'is' : 'are'} there now`,
      'spool_shipped',
      {
        ends: shipped,
      },
    )
  return shipped
}
