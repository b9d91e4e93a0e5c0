import { all, first } from '../../core/duckdb.js'
import { count, plural } from '../../core/text.js'
import { DAY_MS } from '../../core/time.js'
import { bars } from '../charts.js'
import { dataTable } from '../dataTable.js'
import { html, type Html } from '../html.js'
import { person, type ReportPerson } from '../person.js'
import type { ReportSource } from '../source.js'

const AGES = [
  { label: 'within a day', below: 1 },
  { label: '1 to 7 days', below: 7 },
  { label: '7 to 30 days', below: 30 },
  { label: 'over 30 days', below: Infinity },
] as const

interface Anomaly extends ReportPerson {
  readonly kind: string
  readonly column_name: string | null
  readonly creators: number
  readonly detail: string | null
}

interface Drift {
  readonly path: string
  readonly kind: string
  readonly expected: string | null
  readonly found: string | null
  readonly answers: number
}

const MOST = 12

/** How reliable the numbers are: their age, anomalies, and differences from the definition. */
export async function qualitySection(source: ReportSource): Promise<Html> {
  const { connection, runId } = source
  const anomalies = await all<Anomaly>(
    connection,
    `SELECT a.*, o.nickname, o.profile_url FROM (
      SELECT kind, column_name, count(DISTINCT user_id) AS creators, min(user_id) AS user_id, arg_min(detail, user_id) AS detail
      FROM anomalies WHERE run_id = $runId GROUP BY kind, column_name
    ) AS a LEFT JOIN creator_overview AS o ON o.user_id = a.user_id
    ORDER BY creators DESC, kind, column_name`,
    { runId },
  )
  const drift = await all<Drift>(
    connection,
    'SELECT path, kind, expected, found, answers FROM schema_drift ORDER BY answers DESC, path, kind',
  )
  const { open } = (await first<{ open: number }>(
    connection,
    'SELECT count(*) AS open FROM ambiguous_calls WHERE resolved_at IS NULL',
  ))!
  return html`<section id="quality">
    <h2>Data quality</h2>
    <div class="cards">
      <div class="card">${await ages(source)}</div>
      <div class="card">${await statuses(source)}</div>
    </div>
    ${open > 0 && html`<p class="note warn"><b>${plural(open, 'call')}</b> sent without an answer, and not resolved since: maybe billed. See table <code>ambiguous_calls</code>.</p>`}
    <div class="columns">
      <div>
        <h3>Looks wrong in this run</h3>
        ${anomalies.length === 0 ? html`<p class="good">No anomaly.</p>` : anomalyTable(anomalies)}
      </div>
      <div>
        <h3>Differs from the definition</h3>
        ${drift.length === 0 ? html`<p class="good">No drift: every answer has the expected form.</p>` : driftTable(drift)}
      </div>
    </div>
  </section>`
}

async function ages({ connection, now }: ReportSource): Promise<Html> {
  const days = `(${now} - epoch_ms(last_fetched_at)) / ${DAY_MS}`
  const numbers = (await first<Record<string, number>>(
    connection,
    `SELECT ${AGES.map(({ below }, at) => {
      const from = at === 0 ? '' : `${days} >= ${AGES[at - 1]!.below} AND`
      const to = below === Infinity ? 'TRUE' : `${days} < ${below}`
      return `count(*) FILTER (${from} ${to}) AS a${at}`
    }).join(', ')} FROM creator_overview`,
  ))!
  return bars(
    'Age of the profiles',
    AGES.map(({ label }, at) => ({ label, number: numbers[`a${at}`]! })),
  )
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  active: 'active',
  empty: 'no profile any more',
  invalid: 'invalid id, according to the upstream',
  never_fetched: 'called, no conclusive answer yet',
}

async function statuses({ connection }: ReportSource): Promise<Html> {
  const rows = await all<{ status: string; number: number }>(
    connection,
    'SELECT status, count(*) AS number FROM creators GROUP BY status ORDER BY number DESC, status',
  )
  return bars(
    'Ids by last answer',
    rows.map(({ status, number }) => ({ label: STATUS_WORDS[status] ?? status, number, quiet: status !== 'active' })),
  )
}

function anomalyTable(anomalies: readonly Anomaly[]): Html {
  const line = (each: Anomaly) =>
    html`<tr>
      <td>
        ${each.kind.replaceAll('_', ' ')}<small>${each.column_name && html`<code>${each.column_name}</code>`}</small>
      </td>
      <td class="n">${count(each.creators)}</td>
      <td class="text">${person(each)}: ${each.detail}</td>
    </tr>`
  return html`${dataTable('What looks wrong', ['What', { number: 'Creators' }, 'For example'], anomalies.slice(0, MOST).map(line))}
  ${rest(anomalies.length, 'anomalies')}`
}

function driftTable(drift: readonly Drift[]): Html {
  const line = ({ path, kind, expected, found, answers }: Drift) =>
    html`<tr>
      <td class="text"><code>${path}</code></td>
      <td>
        ${kind.replaceAll('_', ' ')}<small
          >${expected && html`${expected} expected`}${expected && found && ', '}${found && html`${found} found`}</small
        >
      </td>
      <td class="n">${count(answers)}</td>
    </tr>`
  return html`${dataTable('What differs from the definition', ['Where', 'What', { number: 'Answers, all runs' }], drift.slice(0, MOST).map(line))}
  ${rest(drift.length, 'schema_drift')}`
}

function rest(length: number, table: string): Html | false {
  return length > MOST && html`<p class="fine">and ${count(length - MOST)} more: see table ${table}</p>`
}
