import { first, type Connection } from '../../core/duckdb.js'
import { labelLine, plural } from '../../core/text.js'
import { DAY_MS, localTime } from '../../core/time.js'
import { countFormerMembers } from '../../load/formerMembers.js'
import { NEWEST_RUNS_FIRST } from '../../model/clock.js'

/** People who left their last list and will be erased within seven days. Times are ISO 8601, UTC. */
export interface LeavingReport {
  readonly people: number
  /** When the first and when the last of them may be erased; null without any. */
  readonly first_at: string | null
  readonly by: string | null
  readonly keep_people_ms: number
}

const NOTICE_MS = 7 * DAY_MS

/**
 * @param now milliseconds since 1970
 * @param given `--keep-people` in milliseconds; by default that of the newest run of the last seven days with it
 * @returns null when nobody is to be erased, and for a file of an older version
 */
export async function readLeaving(
  connection: Connection,
  now: number,
  given: number | undefined,
): Promise<LeavingReport | null> {
  const isKnown = await first(connection, `SELECT 1 FROM duckdb_tables() WHERE table_name = 'former_members'`)
  if (!isKnown) return null
  const keep = given ?? (await lastKeepPeople(connection, now))
  if (keep === undefined) return null
  const { people, first_left_at, last_left_at } = await countFormerMembers(connection, now + NOTICE_MS - keep)
  const at = (left: number | null): string | null => (left === null ? null : new Date(left + keep).toISOString())
  return { people, first_at: at(first_left_at), by: at(last_left_at), keep_people_ms: keep }
}

async function lastKeepPeople(connection: Connection, now: number): Promise<number | undefined> {
  const row = await first<{ keep: number }>(
    connection,
    `SELECT keep_people_ms AS keep FROM runs WHERE keep_people_ms IS NOT NULL AND epoch_ms(started_at) >= $since
     ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1`,
    { since: BigInt(Math.floor(now - NOTICE_MS)) },
  )
  return row?.keep
}

/** The same for people; nothing when nobody is concerned. */
export function leavingLines(leaving: LeavingReport | null, now: number, timeZone: string): string[] {
  if (leaving === null || leaving.people === 0) return []
  const by = Date.parse(leaving.by!)
  const when = by <= now ? 'the next run' : localTime(timeZone, by)
  return [
    labelLine('leaving', `${plural(leaving.people, 'person', 'people')} will be erased by ${when} (--keep-people):`),
    labelLine('', 'they are in no list any more; a list that names them again keeps them'),
  ]
}
