import { all, first, type Connection } from '../../core/duckdb.js'
import { count, plural, type Count } from '../../core/text.js'
import { NEWEST_RUNS_FIRST } from '../../model/clock.js'
import { STATUSES, type CodeCount, type RowStatus } from '../../model/receipt.js'
import { shareBars } from '../charts.js'
import { dataTable } from '../dataTable.js'
import { minuteIn, money, sharePercent, seconds } from '../figures.js'
import { html, type Html } from '../html.js'
import { person, type ReportPerson } from '../person.js'
import type { ReportSource } from '../source.js'

export type RunRow = Readonly<Record<`rows_${RowStatus}` | `ids_${RowStatus}`, number>> & {
  readonly run_id: string
  readonly started_at: number
  readonly finished_at: number | null
  readonly status: string
  readonly stop_reason: string | null
  readonly stop_message: string | null
  readonly run_again: string | null
  readonly simulated: boolean
  readonly host: string
  readonly version: string
  readonly rows_read: number
  readonly asked_ids: number
  readonly calls: number
  readonly billed_calls: number
  readonly maybe_billed_calls: number
  readonly currency: string | null
  readonly price: number
  readonly money_billed: number
  readonly money_maybe_billed: number
  readonly money_saved: number
}

/** The run with this id; without an id, the newest finished run. */
export async function readRun(connection: Connection, runId: string | undefined): Promise<RunRow | undefined> {
  return runId === undefined
    ? first<RunRow>(connection, `SELECT * FROM runs WHERE rows_read IS NOT NULL ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1`)
    : first<RunRow>(connection, 'SELECT * FROM runs WHERE run_id = $runId', { runId })
}

/** An interrupted run has no counts. */
type EarlierRun = Pick<RunRow, 'started_at' | 'status'> & { readonly [K in keyof RunRow]: RunRow[K] | null }

interface Reason {
  readonly status: string
  readonly reason: string
  readonly rows: number
  readonly detail: string | null
}

interface Failure extends ReportPerson {
  readonly code: string
  readonly message: string | null
  readonly attempts: number
}

interface List {
  readonly list: string
  readonly tracked: boolean
  readonly row_count: number
  readonly id_count: number
  readonly coverage: number | null
  readonly rows_failed: number
  readonly median_fans: number | null
  readonly nightly_price: number | null
  readonly currency: string | null
  readonly in_run: boolean
}

/** The rest is in exports/failures.csv. */
const MOST_FAILURES = 30
const MOST_RUNS = 12

const PARKED: Readonly<Record<string, string>> = {
  cap: 'over the cap of this run; the next run goes on with them',
  quota: 'the quota of calls is used up',
  balance: 'the balance is used up',
  stopped: 'the run stopped before it reached these ids',
  not_failed: 'never fetched; --retry-failed fetches only failed ids',
}

/** What the run did and cost, and what failed and why. */
export async function runSection(source: ReportSource, run: RunRow): Promise<Html> {
  const { connection, pipeline, runId: id, now } = source
  const runId = { runId: id }
  const reasons = await all<Reason>(
    connection,
    `SELECT m.status, coalesce(m.reason, '') AS reason, count(*) AS rows,
      coalesce(any_value(r.remedy), any_value(f.message)) AS detail
    FROM list_members AS m
    LEFT JOIN rejects AS r ON r.list = m.list AND r.row_number = m.row_number
    LEFT JOIN failures AS f ON f.run_id = m.run_id AND f.user_id = m.user_id
    WHERE m.run_id = $runId AND m.status IN ('failed', 'rejected', 'parked')
    GROUP BY ALL ORDER BY status, rows DESC, reason`,
    runId,
  )
  const codes = await all<CodeCount>(
    connection,
    'SELECT * FROM run_codes WHERE run_id = $runId ORDER BY calls DESC',
    runId,
  )
  const failures = await all<Failure>(
    connection,
    `SELECT f.user_id, f.code, f.message, f.attempts, o.nickname, o.profile_url
    FROM failures AS f LEFT JOIN creator_overview AS o ON o.user_id = f.user_id
    WHERE f.run_id = $runId ORDER BY f.code, f.user_id LIMIT ${MOST_FAILURES}`,
    runId,
  )
  const lists = await all<List>(
    connection,
    'SELECT *, last_run_id = $runId AS in_run FROM list_overview ORDER BY in_run DESC, row_count DESC, list',
    runId,
  )
  const runs = await all<EarlierRun>(connection, `SELECT * FROM runs ORDER BY ${NEWEST_RUNS_FIRST} LIMIT ${MOST_RUNS}`)
  const read = lists.filter(({ in_run }) => in_run)
  const known = await readKnown(source, run)
  return html`<section id="run">
    <h2>This run</h2>
    <p class="lead">${sentence(run, read, known)}</p>
    ${stopNote(run)}
    <dl class="tiles">
      ${tile('Rows enriched', count(run.rows_enriched), `${sharePercent(share(run.rows_enriched, run.rows_read))} of ${plural(run.rows_read, 'row')}`)}
      ${tile('Rows reused', count(run.rows_reused), 'still fresh, not fetched')}
      ${tile('Not enriched', count(run.rows_failed + run.rows_rejected), 'failed or rejected')}
      ${run.rows_parked > 0 && tile('Rows parked', count(run.rows_parked), 'due, and not reached')}
      ${tile('Calls', count(run.calls), `${count(run.billed_calls)} billed${run.maybe_billed_calls > 0 ? `, ${count(run.maybe_billed_calls)} maybe` : ''}`)}
      ${cost(run)}
    </dl>
    ${shareBars(
      'Rows by outcome',
      STATUSES.map((name) => ({ name, number: run[`rows_${name}`] })),
    )}
    <div class="columns">
      <div>
        <h3>What failed, and why</h3>
        ${reasons.length === 0 ? html`<p class="good">Nothing failed: every row has its profile.</p>` : reasonTable(reasons)}
        ${failures.length > 0 && failureList(failures, run)}
      </div>
      <div>
        <h3>Calls by answer</h3>
        ${codes.length === 0 ? html`<p class="muted">No call was needed.</p>` : codeTable(codes)}
      </div>
    </div>
    <h3>Lists</h3>
    ${listTable(lists)} ${runs.length > 1 && earlierRuns(runs, pipeline.timeZone)}
    <p class="fine">
      ${plural(run.asked_ids, 'id')} fetched from ${run.host} · took
      ${seconds((run.finished_at ?? now) - run.started_at)} · creator-enrich ${run.version}
    </p>
  </section>`
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
async function readKnown({ connection, runId }: ReportSource, run: RunRow): Promise<KnownIds> {
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
    { runId },
  ))!
  if (known.refreshed + known.earlier + known.without > 0) return known
  const without = run.ids_empty + run.ids_failed + run.ids_rejected + run.ids_parked
  return { refreshed: run.ids_enriched, earlier: run.ids_reused, without }
}

function sentence(run: RunRow, lists: readonly List[], { refreshed, earlier, without }: KnownIds): Html {
  const names = lists.slice(0, 3).map(({ list }, at) => html`${at > 0 && ', '}<b><bdi>${list}</bdi></b>`)
  const more = lists.length > 3 ? ` and ${plural(lists.length - 3, 'other list')}` : ''
  const from = lists.length === 0 ? '' : html` from ${names}${more}`
  const parts = [
    refreshed > 0 && `${count(refreshed)} refreshed`,
    earlier > 0 && `${count(earlier)} known from earlier`,
    without > 0 && `${count(without)} without a profile`,
  ].filter(Boolean)
  const ids = plural(refreshed + earlier + without, 'id')
  return html`${plural(run.rows_read, 'row was', 'rows were')} read${from}, with
  ${ids}${parts.length > 0 && `: ${parts.join(', ')}`}.`
}

function stopNote({ stop_reason, stop_message, run_again }: RunRow): Html | false {
  if (stop_reason === null) return false
  const next = run_again === null ? '' : html`<br />To continue: ${run_again}.`
  return html`<p class="note warn"><b>Stopped before the end (${stop_reason}).</b> ${stop_message}${next}</p>`
}

function tile(name: string, number: string, more: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd><b>${number}</b><small>${more}</small></dd>
  </div>`
}

function cost(run: RunRow): Html {
  const billed = money(run.money_billed, run.currency)
  if (run.simulated) return tile('Cost', 'none', `simulated; real: ${billed}`)
  const maybe = run.money_maybe_billed > 0 ? `up to ${money(run.money_maybe_billed, run.currency)} more` : ''
  const saved = run.money_saved > 0 ? `${money(run.money_saved, run.currency)} saved` : ''
  const each = `${money(run.price, run.currency)} a call`
  return tile('Cost', billed, [maybe, saved].filter(Boolean).join(', ') || each)
}

function reasonTable(reasons: readonly Reason[]): Html {
  const line = ({ status, reason, rows, detail }: Reason) =>
    html`<tr>
      <td class="status"><i class="key part-${status}"></i>${status}</td>
      <td><code>${reason}</code></td>
      <td class="n">${count(rows)}</td>
      <td class="text">${status === 'parked' ? (PARKED[reason] ?? detail) : detail}</td>
    </tr>`
  return dataTable('What failed, and why', ['Outcome', 'Reason', { number: 'Rows' }, 'Details'], reasons.map(line))
}

function failureList(failures: readonly Failure[], run: RunRow): Html {
  const rest = run.ids_failed - failures.length
  return html`<details>
    <summary>${plural(run.ids_failed, 'id')} that failed</summary>
    <ul class="plain">
      ${failures.map(
        (each) =>
          html`<li>
            ${person(each)} <code>${each.code}</code> <span class="muted">${plural(each.attempts, 'call')}</span>
          </li>`,
      )}
    </ul>
    ${rest > 0 && html`<p class="fine">and ${count(rest)} more: see exports/failures.csv</p>`}
  </details>`
}

function codeTable(codes: readonly CodeCount[]): Html {
  const ms = (number: number | null) =>
    number === null ? '–' : number < 10_000 ? `${count(number)} ms` : seconds(number)
  const line = ({ code, calls, billed, maybe_billed, p50_ms, p95_ms }: CodeCount) =>
    html`<tr>
      <td><code>${code}</code></td>
      <td class="n">${count(calls)}</td>
      <td class="n">
        ${count(billed)}${maybe_billed > 0 && html` <span class="muted">+${count(maybe_billed)}?</span>`}
      </td>
      <td class="n">${ms(p50_ms)}</td>
      <td class="n">${ms(p95_ms)}</td>
    </tr>`
  return dataTable(
    'Calls by answer',
    ['Code', { number: 'Calls' }, { number: 'Billed' }, { number: 'Median' }, { number: '95th percentile' }],
    codes.map(line),
  )
}

function listTable(lists: readonly List[]): Html {
  const line = (each: List) => html`<tr${!each.in_run && html` class="quiet"`}>
    <th scope="row"><bdi>${each.list}</bdi>${each.tracked && html` <span class="tag">tracked</span>`}${!each.in_run && html` <span class="tag">not in this run</span>`}</th>
    <td class="n">${count(each.row_count)}</td><td class="n">${count(each.id_count)}</td>
    <td class="n">${sharePercent(each.coverage)}</td><td class="n">${count(each.rows_failed)}</td>
    <td class="n">${count(each.median_fans)}</td>
    <td class="n">${each.nightly_price === null ? '–' : money(each.nightly_price, each.currency)}</td>
  </tr>`
  return dataTable(
    'Lists',
    [
      'List',
      { number: 'Rows' },
      { number: 'Ids' },
      { number: 'With a profile' },
      { number: 'Failed' },
      { number: 'Median followers' },
      { number: 'Price per night' },
    ],
    lists.map(line),
  )
}

function earlierRuns(runs: readonly EarlierRun[], timeZone: string): Html {
  const line = (run: EarlierRun) =>
    html`<tr>
      <th scope="row">${minuteIn(timeZone, run.started_at)}</th>
      <td>${run.status}${run.stop_reason !== null && html` <code>${run.stop_reason}</code>`}</td>
      <td class="n">${count(run.rows_read)}</td>
      <td class="n">${count(run.ids_enriched)}</td>
      <td class="n">${count(run.ids_failed)}</td>
      <td class="n">${count(run.calls)}</td>
      <td class="n">${run.simulated ? 'simulated' : money(run.money_billed, run.currency)}</td>
    </tr>`
  return html`<details>
    <summary>The last ${plural(runs.length, 'run')}</summary>
    ${dataTable('Earlier runs', ['Started', 'Ended', { number: 'Rows' }, { number: 'Ids enriched' }, { number: 'Ids failed' }, { number: 'Calls' }, { number: 'Cost' }], runs.map(line))}
  </details>`
}
