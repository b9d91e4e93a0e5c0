import { first, type Connection } from '../../../core/duckdb.js'
import { count, type Count } from '../../../core/text.js'
import type { Language } from '../../../model/language.js'
import { STATUSES } from '../../../model/receipt.js'
import { isError } from '../../../model/runExit.js'
import { shareBars } from '../../charts/bars.js'
import { money, sharePercent } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { outcomeText } from '../../text/outcomeText.js'
import { tile } from '../../tile.js'

type OutcomeText = (typeof outcomeText)[Language]

const MOST_LISTS = 3

/** What became of the rows of a run, and what it cost. */
export async function outcomeBlock(
  { connection, lang }: ReportSource,
  run: RunRow,
  lists: readonly string[],
): Promise<Html> {
  const text = outcomeText[lang]
  const maybe = run.maybe_billed_calls
  return html`<p class="lead">${sentence(text, run, lists, await readKnown(connection, run))}</p>
    <dl class="tiles">
      ${tile(text.enriched, count(run.rows_enriched), text.ofRows(sharePercent(share(run.rows_enriched, run.rows_read)), run.rows_read))}
      ${tile(text.reused, count(run.rows_reused), text.fresh)}
      ${tile(text.notEnriched, count(run.rows_failed + run.rows_rejected), text.failed)}
      ${run.rows_parked > 0 && tile(text.parked, count(run.rows_parked), text.notReached)}
      ${tile(text.calls, count(run.calls), maybe > 0 ? text.maybeBilled(run.billed_calls, maybe) : text.billed(run.billed_calls))}
      ${cost(text, run)}
    </dl>
    ${shareBars(
      text.rows,
      STATUSES.map((name) => ({ name, label: text.statuses[name], number: run[`rows_${name}`] })),
    )}`
}

/** Why a run stopped before its end, and how to go on; nothing if it did not. */
export function stopNote(
  { exit_code, stop_reason, stop_message, run_again }: RunRow,
  timeZone: string,
  lang: Language,
): Html | false {
  const text = outcomeText[lang]
  if (exit_code !== null && isError(exit_code))
    return html`<p class="note warn"><b>${text.failedRun(exit_code)}</b> ${stop_message}</p>`
  if (stop_reason === null) return false
  return html`<p class="note warn">
    <b>${text.stopped(stop_reason)}</b>
    ${text.stops[stop_reason] ?? stop_message}${run_again !== null && html`<br />${text.goOn(run_again, stop_reason, timeZone)}`}
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

function sentence(
  text: OutcomeText,
  { rows_read }: RunRow,
  lists: readonly string[],
  { refreshed, earlier, without }: KnownIds,
): Html {
  const names = lists.slice(0, MOST_LISTS).map((list, at) => html`${at > 0 && text.listComma}<b><bdi>${list}</bdi></b>`)
  const more = lists.length > MOST_LISTS && text.moreLists(lists.length - MOST_LISTS)
  const rows = lists.length === 0 ? text.read(rows_read) : html`${text.from(rows_read)}${names}${more}`
  const parts = [
    refreshed > 0 && text.refreshed(refreshed),
    earlier > 0 && text.earlier(earlier),
    without > 0 && text.without(without),
  ].filter(Boolean)
  const ids = text.ids(refreshed + earlier + without)
  return html`${rows}${ids}${parts.length > 0 && text.colon + parts.join(text.comma)}${text.stop}`
}

function cost(text: OutcomeText, run: RunRow): Html {
  const billed = money(run.money_billed, run.currency)
  if (run.simulated) return tile(text.cost, text.none, text.simulated(billed))
  const more = [
    run.money_maybe_billed > 0 && text.maybe(money(run.money_maybe_billed, run.currency)),
    run.money_saved > 0 && text.saved(money(run.money_saved, run.currency)),
  ].filter(Boolean)
  return tile(text.cost, billed, more.join(text.comma) || text.each(money(run.price, run.currency)))
}
