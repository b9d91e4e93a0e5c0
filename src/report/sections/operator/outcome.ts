import { first, type Connection } from '../../../core/duckdb.js'
import { count, plural, type Count } from '../../../core/text.js'
import { STATUSES } from '../../../model/receipt.js'
import { isError } from '../../../model/runExit.js'
import { shareBars } from '../../charts/bars.js'
import { money, sharePercent } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import { tile } from '../../tile.js'

const TEXT = {
  read: (rows: number) => plural(rows, 'row was', 'rows were') + ' read',
  from: (rows: number) => plural(rows, 'row was', 'rows were') + ' read from',
  moreLists: (lists: number) => `and ${plural(lists, 'other list')}`,
  ids: (ids: number) => `with ${plural(ids, 'id')}`,
  refreshed: (ids: number) => `${count(ids)} refreshed`,
  earlier: (ids: number) => `${count(ids)} known from earlier`,
  without: (ids: number) => `${count(ids)} without a profile`,
  failedRun: (code: number) => `Ended by an error (${code}).`,
  stopped: (reason: string) => `Stopped before the end (${reason}).`,
  goOn: (next: string) => `To continue: ${next}.`,
  rows: 'Rows by outcome',
  enriched: 'Rows enriched',
  ofRows: (share: string, rows: number) => `${share} of ${plural(rows, 'row')}`,
  reused: 'Rows reused',
  fresh: 'still fresh, not fetched',
  notEnriched: 'Not enriched',
  failed: 'failed or rejected',
  parked: 'Rows parked',
  notReached: 'due, and not reached',
  calls: 'Calls',
  billed: (calls: number) => `${count(calls)} billed`,
  maybeBilled: (calls: number, maybe: number) => `${count(calls)} billed, ${count(maybe)} maybe`,
  cost: 'Cost',
  none: 'none',
  simulated: (amount: string) => `simulated; real: ${amount}`,
  each: (price: string) => `${price} a call`,
  maybe: (amount: string) => `up to ${amount} more`,
  saved: (amount: string) => `${amount} saved`,
}

const MOST_LISTS = 3

/** What became of the rows of a run, and what it cost. */
export async function outcomeBlock(connection: Connection, run: RunRow, lists: readonly string[]): Promise<Html> {
  const maybe = run.maybe_billed_calls
  return html`<p class="lead">${sentence(run, lists, await readKnown(connection, run))}</p>
    <dl class="tiles">
      ${tile(TEXT.enriched, count(run.rows_enriched), TEXT.ofRows(sharePercent(share(run.rows_enriched, run.rows_read)), run.rows_read))}
      ${tile(TEXT.reused, count(run.rows_reused), TEXT.fresh)}
      ${tile(TEXT.notEnriched, count(run.rows_failed + run.rows_rejected), TEXT.failed)}
      ${run.rows_parked > 0 && tile(TEXT.parked, count(run.rows_parked), TEXT.notReached)}
      ${tile(TEXT.calls, count(run.calls), maybe > 0 ? TEXT.maybeBilled(run.billed_calls, maybe) : TEXT.billed(run.billed_calls))}
      ${cost(run)}
    </dl>
    ${shareBars(
      TEXT.rows,
      STATUSES.map((name) => ({ name, number: run[`rows_${name}`] })),
    )}`
}

/** Why a run stopped before its end, and how to go on; nothing if it did not. */
export function stopNote({ exit_code, stop_reason, stop_message, run_again }: RunRow): Html | false {
  if (exit_code !== null && isError(exit_code))
    return html`<p class="note warn"><b>${TEXT.failedRun(exit_code)}</b> ${stop_message}</p>`
  if (stop_reason === null) return false
  return html`<p class="note warn">
    <b>${TEXT.stopped(stop_reason)}</b> ${stop_message}${run_again !== null && html`<br />${TEXT.goOn(run_again)}`}
  </p>`
}

function share(part: Count, whole: Count): number | null {
  return Number(whole) === 0 ? null : Number(part) / Number(whole)
}

/** What is known of the ids of a run. */
interface KnownIds {
  readonly refreshed: number
  /** With a profile of an earlier run. */
  readonly earlier: number
  readonly without: number
}

/** From the rows of the lists, which are as of their last run; for an older run, from its receipt. */
async function readKnown(connection: Connection, run: RunRow): Promise<KnownIds> {
  const known = (await first<KnownIds>(
    connection,
    `SELECT
      count(*) FILTER (enriched) AS refreshed,
      count(*) FILTER (NOT enriched AND c.last_fetched_at IS NOT NULL) AS earlier,
      count(*) FILTER (NOT enriched AND c.last_fetched_at IS NULL) AS without
    FROM (
      SELECT user_id, bool_or(status = 'enriched') AS enriched FROM list_members
      WHERE run_id = $runId AND user_id IS NOT NULL GROUP BY user_id
    ) AS m LEFT JOIN creators AS c ON c.user_id = m.user_id`,
    { runId: run.run_id },
  ))!
  if (known.refreshed + known.earlier + known.without > 0) return known
  const without = run.ids_empty + run.ids_failed + run.ids_rejected + run.ids_parked
  return { refreshed: run.ids_enriched, earlier: run.ids_reused, without }
}

function sentence({ rows_read }: RunRow, lists: readonly string[], { refreshed, earlier, without }: KnownIds): Html {
  const names = lists.slice(0, MOST_LISTS).map((list, at) => html`${at > 0 && ', '}<b><bdi>${list}</bdi></b>`)
  const more = lists.length > MOST_LISTS && ` ${TEXT.moreLists(lists.length - MOST_LISTS)}`
  const rows = lists.length === 0 ? TEXT.read(rows_read) : html`${TEXT.from(rows_read)} ${names}${more}`
  const parts = [
    refreshed > 0 && TEXT.refreshed(refreshed),
    earlier > 0 && TEXT.earlier(earlier),
    without > 0 && TEXT.without(without),
  ].filter(Boolean)
  const ids = TEXT.ids(refreshed + earlier + without)
  return html`${rows}, ${ids}${parts.length > 0 && `: ${parts.join(', ')}`}.`
}

function cost(run: RunRow): Html {
  const billed = money(run.money_billed, run.currency)
  if (run.simulated) return tile(TEXT.cost, TEXT.none, TEXT.simulated(billed))
  const more = [
    run.money_maybe_billed > 0 && TEXT.maybe(money(run.money_maybe_billed, run.currency)),
    run.money_saved > 0 && TEXT.saved(money(run.money_saved, run.currency)),
  ].filter(Boolean)
  return tile(TEXT.cost, billed, more.join(', ') || TEXT.each(money(run.price, run.currency)))
}
