import { all, type Connection } from '../../../core/duckdb.js'
import { count, plural } from '../../../core/text.js'
import { dataTable } from '../../dataTable.js'
import { html, type Html } from '../../html.js'
import { person, type ReportPerson } from '../../person.js'
import type { RunRow } from '../../runRow.js'

const TEXT = {
  title: 'What failed, and why',
  none: 'Nothing failed: every row has its profile.',
  outcome: 'Outcome',
  reason: 'Reason',
  rows: 'Rows',
  details: 'Details',
  ids: (ids: number) => `${plural(ids, 'id')} that failed`,
  calls: (calls: number) => plural(calls, 'call'),
  rest: (ids: number) => `and ${count(ids)} more: see exports/failures.csv`,
}

const PARKED: Readonly<Record<string, string>> = {
  cap: 'over the cap of this run; the next run goes on with them',
  quota: 'the quota of calls is used up',
  balance: 'the balance is used up',
  stopped: 'the run stopped before it reached these ids',
  not_failed: 'never fetched; --retry-failed fetches only failed ids',
}

interface Reason {
  readonly status: string
  readonly reason: string
  readonly rows: number
  readonly detail: string | null
}

interface Failure extends ReportPerson {
  readonly code: string
  readonly attempts: number
}

/** The rest is in exports/failures.csv. */
const MOST_FAILURES = 30

/** The rows without a profile by reason, each with its remedy, and the ids that failed. */
export async function failuresBlock(connection: Connection, run: RunRow): Promise<Html> {
  const runId = { runId: run.run_id }
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
  const failures = await all<Failure>(
    connection,
    `SELECT f.user_id, f.code, f.attempts, o.nickname, o.profile_url
    FROM failures AS f LEFT JOIN creator_overview AS o ON o.user_id = f.user_id
    WHERE f.run_id = $runId ORDER BY f.code, f.user_id LIMIT ${MOST_FAILURES}`,
    runId,
  )
  return html`<h3>${TEXT.title}</h3>
    ${reasons.length === 0 ? html`<p class="good">${TEXT.none}</p>` : reasonTable(reasons)}
    ${failures.length > 0 && failureList(failures, run)}`
}

function reasonTable(reasons: readonly Reason[]): Html {
  const line = ({ status, reason, rows, detail }: Reason) =>
    html`<tr>
      <td class="status"><i class="key part-${status}"></i>${status}</td>
      <td><code>${reason}</code></td>
      <td class="n">${count(rows)}</td>
      <td class="text">${status === 'parked' ? (PARKED[reason] ?? detail) : detail}</td>
    </tr>`
  return dataTable(TEXT.title, [TEXT.outcome, TEXT.reason, { number: TEXT.rows }, TEXT.details], reasons.map(line))
}

function failureList(failures: readonly Failure[], { ids_failed }: RunRow): Html {
  const rest = ids_failed - failures.length
  const line = (each: Failure) =>
    html`<li>${person(each)} <code>${each.code}</code> <span class="muted">${TEXT.calls(each.attempts)}</span></li>`
  return html`<details>
    <summary>${TEXT.ids(ids_failed)}</summary>
    <ul class="plain">
      ${failures.map(line)}
    </ul>
    ${rest > 0 && html`<p class="fine">${TEXT.rest(rest)}</p>`}
  </details>`
}
