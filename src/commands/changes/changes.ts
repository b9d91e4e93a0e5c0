import type { Since } from '../../config/optionParsers.js'
import { all, batches, first, quotedText, type Connection } from '../../core/duckdb.js'
import { dayIn, nextDayIn, zonedTime } from '../../core/time.js'

/** The time that a report on changes covers. */
export interface Period {
  /** Milliseconds since 1970. */
  readonly since: number
  /** The first day whose observations count as new. */
  readonly fromDay: string
  /** The start for people: a given day as it was given, with the zone. */
  readonly shown: string
  /** The zone of all days and times of the report. */
  readonly timeZone: string
}

/** A creator whose followers changed since the last observation before the period. */
export interface Mover {
  readonly user_id: string
  readonly nickname: string | null
  readonly tier: string | null
  readonly fans_before: number
  readonly fans: number
  readonly fans_change: number
  readonly since_day: string
  readonly observed_day: string
  /** From `since_day` to `observed_day`: more than the period when the creator was not fetched for a while. */
  readonly days: number
}

/** A change of one attribute. `changed_at` is ISO 8601, UTC. */
export interface Change {
  readonly user_id: string
  readonly nickname: string | null
  readonly changed_at: string
  readonly column_name: string
  readonly old_value: string | null
  readonly new_value: string | null
}

export interface Totals {
  readonly gained: number
  readonly lost: number
  readonly changes: number
  readonly changed_creators: number
  /** Most changes first. */
  readonly by_column: readonly { readonly column_name: string; readonly changes: number }[]
}

/** The period of `--since`, in the time zone whose days are counted. */
export function periodOf(since: Since, now: number, timeZone: string): Period {
  if ('agoMs' in since) {
    // Nothing is older than the clock of computers.
    const start = Math.max(0, now - since.agoMs)
    const [next, today] = [dayIn(timeZone, nextDayIn(timeZone, start)), dayIn(timeZone, now)]
    // Followers are compared by day: less than a day means today.
    return { since: start, fromDay: next < today ? next : today, shown: zonedTime(timeZone, start), timeZone }
  }
  let start = Date.parse(`${since.day}T12:00:00Z`) - 30 * 3_600_000
  while (dayIn(timeZone, start) < since.day) start = nextDayIn(timeZone, start)
  return { since: start, fromDay: since.day, shown: `${since.day} (${timeZone})`, timeZone }
}

/**
 * The value before the period is that of the first row in it that has a change, minus this change, however long ago it was
 * observed. A day without a number hides neither earlier nor later days.
 */
function moved({ fromDay }: Period): string {
  return `(
  SELECT
    user_id,
    arg_min(fans - fans_change, observed_day) AS fans_before,
    arg_max(fans, observed_day) AS fans,
    min(previous_day) FILTER (fans_change IS NOT NULL) AS since_day,
    max(observed_day) AS observed_day
  FROM creator_days
  WHERE observed_day >= DATE ${quotedText(fromDay)} AND fans IS NOT NULL
  GROUP BY user_id
  HAVING arg_max(fans, observed_day) <> arg_min(fans - fans_change, observed_day)
)`
}

/** @param which the largest gains first, the largest losses first, or all from the largest gain to the largest loss */
function moversSql(period: Period, which: 'up' | 'down' | 'all', limit: number | undefined): string {
  const where = { up: 'WHERE fans > fans_before', down: 'WHERE fans < fans_before', all: '' }[which]
  const order = `fans - fans_before ${which === 'down' ? 'ASC' : 'DESC'}, user_id`
  return `
SELECT
  m.user_id, o.nickname, o.tier, m.fans_before, m.fans, m.fans - m.fans_before AS fans_change, m.since_day, m.observed_day,
  m.observed_day - m.since_day AS days
FROM (SELECT * FROM ${moved(period)} ${where} ORDER BY ${order} ${limitSql(limit)}) AS m
LEFT JOIN creator_overview AS o ON o.user_id = m.user_id
ORDER BY fans_change ${which === 'down' ? 'ASC' : 'DESC'}, m.user_id`
}

function changesSql({ since }: Period, limit: number | undefined): string {
  return `
SELECT
  c.user_id, o.nickname, strftime(make_timestamp(epoch_us(c.changed_at)), '%Y-%m-%dT%H:%M:%S.%gZ') AS changed_at,
  c.column_name, c.old_value, c.new_value
FROM (
  SELECT * FROM creator_changes WHERE epoch_ms(changed_at) >= ${Math.round(since)}
  ORDER BY changed_at DESC, user_id, column_name ${limitSql(limit)}
) AS c
LEFT JOIN creator_overview AS o ON o.user_id = c.user_id
ORDER BY c.changed_at DESC, c.user_id, c.column_name`
}

function limitSql(limit: number | undefined): string {
  return limit === undefined ? '' : `LIMIT ${limit}`
}

export async function readTotals(connection: Connection, period: Period): Promise<Totals> {
  const movers = await first<Pick<Totals, 'gained' | 'lost'>>(
    connection,
    `SELECT count(*) FILTER (fans > fans_before) AS gained, count(*) FILTER (fans < fans_before) AS lost FROM ${moved(period)}`,
  )
  const recent = `creator_changes WHERE epoch_ms(changed_at) >= ${Math.round(period.since)}`
  const changes = await first<Pick<Totals, 'changes' | 'changed_creators'>>(
    connection,
    `SELECT count(*) AS changes, count(DISTINCT user_id) AS changed_creators FROM ${recent}`,
  )
  const by_column = await all<Totals['by_column'][number]>(
    connection,
    `SELECT column_name, count(*) AS changes FROM ${recent} GROUP BY column_name ORDER BY changes DESC, column_name`,
  )
  return { ...movers!, ...changes!, by_column }
}

export interface Highlights {
  readonly up: readonly Mover[]
  readonly down: readonly Mover[]
  readonly changes: readonly Change[]
  /** Followers of each mover in the steps of a curve, oldest first; null in a step without a profile. */
  readonly curves: ReadonlyMap<string, readonly (number | null)[]>
  /** Days of a whole curve; all curves end on the newest observed day of all creators. */
  readonly curveDays: number
}

/** Steps of a curve. */
const STEPS = 12

/** The first `limit` rows of each table. */
export async function readHighlights(connection: Connection, period: Period, limit: number): Promise<Highlights> {
  const up = await all<Mover>(connection, moversSql(period, 'up', limit))
  const down = await all<Mover>(connection, moversSql(period, 'down', limit))
  const changes = await all<Change>(connection, changesSql(period, limit))
  return { up, down, changes, ...(await readCurves(connection, period, [...up, ...down])) }
}

/** A step is so many days that the curve covers the period; the last profile of the step counts. */
async function readCurves(
  connection: Connection,
  { fromDay }: Period,
  movers: readonly Mover[],
): Promise<Pick<Highlights, 'curves' | 'curveDays'>> {
  const curves = new Map(movers.map(({ user_id }) => [user_id, new Array<number | null>(STEPS).fill(null)]))
  const bounds = await first<{ newest: string | null; step: number }>(
    connection,
    `SELECT max(observed_day)::VARCHAR AS newest,
       greatest(1, ceil((max(observed_day) - DATE ${quotedText(fromDay)} + 1) / ${STEPS}))::INTEGER AS step FROM creator_days`,
  )
  const { newest, step } = bounds!
  if (movers.length === 0 || newest === null) return { curves, curveDays: STEPS }
  const steps = await all<{ user_id: string; back: number; fans: number | null }>(
    connection,
    `SELECT user_id, ((DATE ${quotedText(newest)} - observed_day) // ${step})::INTEGER AS back, arg_max(fans, observed_day) AS fans
     FROM creator_days
     WHERE user_id IN (${[...curves.keys()].map(quotedText).join(', ')})
       AND observed_day > DATE ${quotedText(newest)} - ${STEPS * step}
     GROUP BY ALL`,
  )
  for (const { user_id, back, fans } of steps) curves.get(user_id)![STEPS - 1 - back] = fans
  return { curves, curveDays: STEPS * step }
}

/** Everything as one JSON object, in pieces, as there may be millions of rows. */
export async function* changesJson(
  connection: Connection,
  head: object,
  period: Period,
  limit: number | undefined,
): AsyncGenerator<string> {
  const totals = await readTotals(connection, period)
  yield `${JSON.stringify({ ...head, since: new Date(period.since).toISOString(), ...totals }).slice(0, -1)},"movers":`
  yield* jsonArray(batches(connection, moversSql(period, 'all', limit)))
  yield ',"attribute_changes":'
  yield* jsonArray(batches(connection, changesSql(period, limit)))
  yield '}\n'
}

async function* jsonArray(rows: AsyncIterable<unknown[]>): AsyncGenerator<string> {
  let before = '['
  for await (const batch of rows) {
    yield before + batch.map((row) => JSON.stringify(row)).join(',')
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}
