import { all, first, type Connection } from '../../../core/duckdb.js'
import { count, plural } from '../../../core/text.js'
import { DAY_MS } from '../../../core/time.js'
import { bars } from '../../charts/bars.js'
import { dataTable } from '../../dataTable.js'
import { sharePercent } from '../../figures.js'
import { html, type Html } from '../../html.js'
import { person, type ReportPerson } from '../../person.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'

const TEXT = {
  title: 'Data quality',
  ages: (share: string) => `Age at the end of the run: ${share} within a day`,
  ageLabels: ['within a day', '1 to 7 days', '7 to 30 days', 'over 30 days'],
  age: 'Age',
  profiles: 'Profiles',
  share: 'Share',
  statuses: 'Ids by last answer',
  status: 'Last answer',
  ids: 'Ids',
  statusLabels: {
    active: 'active',
    empty: 'no profile any more',
    invalid: 'invalid id, according to the upstream',
    never_fetched: 'called, no conclusive answer yet',
  } as Readonly<Record<string, string>>,
  open: (calls: number) =>
    `${plural(calls, 'call')} sent without an answer, and not resolved since: maybe billed. See table ambiguous_calls.`,
  anomalies: 'Looks wrong in this run',
  noAnomaly: 'No anomaly.',
  what: 'What',
  creators: 'Creators',
  example: 'For example',
  drift: 'Differs from the definition',
  noDrift: 'No drift: every answer has the expected form.',
  where: 'Where',
  answers: 'Answers, all runs',
  expectedAndFound: (expected: string, found: string) => `${expected} expected, ${found} found`,
  expected: (expected: string) => `${expected} expected`,
  found: (found: string) => `${found} found`,
  rest: (rows: number, table: string) => `and ${count(rows)} more: see table ${table}`,
}

/** In days, for the ages from the second on. */
const AGES = [1, 7, 30]

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
export async function qualityBlock({ connection }: ReportSource, run: RunRow): Promise<Html> {
  const runId = run.run_id
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
  return html`<h3>${TEXT.title}</h3>
    <div class="cards">
      <div class="card">${await ages(connection, run)}</div>
      <div class="card">${await statuses(connection)}</div>
    </div>
    ${open > 0 && html`<p class="note warn">${TEXT.open(open)}</p>`}
    <div class="columns">
      <div>
        <h3>${TEXT.anomalies}</h3>
        ${anomalies.length === 0 ? html`<p class="good">${TEXT.noAnomaly}</p>` : anomalyTable(anomalies)}
      </div>
      <div>
        <h3>${TEXT.drift}</h3>
        ${drift.length === 0 ? html`<p class="good">${TEXT.noDrift}</p>` : driftTable(drift)}
      </div>
    </div>`
}

async function ages(connection: Connection, { finished_at, started_at }: RunRow): Promise<Html> {
  const days = `(${finished_at ?? started_at} - fetched_at) / ${DAY_MS}`
  const step = AGES.map((below, at) => `WHEN ${days} < ${below} THEN ${at}`).join(' ')
  const steps = await all<{ step: number; number: number }>(
    connection,
    `SELECT CASE ${step} ELSE ${AGES.length} END AS step, count(*) AS number FROM report_people GROUP BY step`,
  )
  const numbers = TEXT.ageLabels.map((_, at) => steps.find(({ step }) => step === at)?.number ?? 0)
  const total = numbers.reduce((sum, number) => sum + number, 0)
  return bars(
    TEXT.ages(sharePercent(total === 0 ? null : numbers[0]! / total)),
    { label: TEXT.age, number: TEXT.profiles, share: TEXT.share },
    TEXT.ageLabels.map((label, at) => ({ label, number: numbers[at]! })),
  )
}

async function statuses(connection: Connection): Promise<Html> {
  const rows = await all<{ status: string; number: number }>(
    connection,
    'SELECT status, count(*) AS number FROM creators GROUP BY status ORDER BY number DESC, status',
  )
  return bars(
    TEXT.statuses,
    { label: TEXT.status, number: TEXT.ids, share: TEXT.share },
    rows.map(({ status, number }) => {
      return { label: TEXT.statusLabels[status] ?? status, number, quiet: status !== 'active' }
    }),
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
  return html`${dataTable(TEXT.anomalies, [TEXT.what, { number: TEXT.creators }, TEXT.example], anomalies.slice(0, MOST).map(line))}
  ${rest(anomalies.length, 'anomalies')}`
}

function driftTable(drift: readonly Drift[]): Html {
  const line = ({ path, kind, expected, found, answers }: Drift) =>
    html`<tr>
      <td class="text"><code>${path}</code></td>
      <td>${kind.replaceAll('_', ' ')}<small>${difference(expected, found)}</small></td>
      <td class="n">${count(answers)}</td>
    </tr>`
  return html`${dataTable(TEXT.drift, [TEXT.where, TEXT.what, { number: TEXT.answers }], drift.slice(0, MOST).map(line))}
  ${rest(drift.length, 'schema_drift')}`
}

function difference(expected: string | null, found: string | null): string {
  if (expected === null) return found === null ? '' : TEXT.found(found)
  return found === null ? TEXT.expected(expected) : TEXT.expectedAndFound(expected, found)
}

function rest(length: number, table: string): Html | false {
  return length > MOST && html`<p class="fine">${TEXT.rest(length - MOST, table)}</p>`
}
