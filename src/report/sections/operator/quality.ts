import { all, first } from '../../../core/duckdb.js'
import { count } from '../../../core/text.js'
import { DAY_MS } from '../../../core/time.js'
import type { Language } from '../../../model/language.js'
import { bars } from '../../charts/bars.js'
import { dataTable } from '../../dataTable.js'
import { sharePercent } from '../../figures.js'
import { html, type Html } from '../../html.js'
import { person, type ReportPerson } from '../../person.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { qualityText } from '../../text/qualityText.js'

type QualityText = (typeof qualityText)[Language]

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
export async function qualityBlock(source: ReportSource, run: RunRow): Promise<Html> {
  const { connection } = source
  const text = qualityText[source.lang]
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
  return html`<h3>${text.title}</h3>
    <div class="cards">
      <div class="card">${await ages(source, run)}</div>
      <div class="card">${await statuses(source)}</div>
    </div>
    ${open > 0 && html`<p class="note warn">${text.open(open)}</p>`}
    <div class="columns">
      <div>
        <h3>${text.anomalies}</h3>
        ${anomalies.length === 0 ? html`<p class="good">${text.noAnomaly}</p>` : anomalyTable(source, anomalies)}
      </div>
      <div>
        <h3>${text.drift}</h3>
        ${drift.length === 0 ? html`<p class="good">${text.noDrift}</p>` : driftTable(text, drift)}
      </div>
    </div>`
}

async function ages({ connection, lang }: ReportSource, { finished_at, started_at }: RunRow): Promise<Html> {
  const text = qualityText[lang]
  const days = `(${finished_at ?? started_at} - fetched_at) / ${DAY_MS}`
  const step = AGES.map((below, at) => `WHEN ${days} < ${below} THEN ${at}`).join(' ')
  const steps = await all<{ step: number; number: number }>(
    connection,
    `SELECT CASE ${step} ELSE ${AGES.length} END AS step, count(*) AS number FROM report_people GROUP BY step`,
  )
  const numbers = text.ageLabels.map((_, at) => steps.find(({ step }) => step === at)?.number ?? 0)
  const total = numbers.reduce((sum, number) => sum + number, 0)
  return bars(
    text.ages(sharePercent(total === 0 ? null : numbers[0]! / total)),
    { label: text.age, number: text.profiles, share: text.share },
    text.ageLabels.map((label, at) => ({ label, number: numbers[at]! })),
  )
}

async function statuses({ connection, lang }: ReportSource): Promise<Html> {
  const text = qualityText[lang]
  const rows = await all<{ status: string; number: number }>(
    connection,
    'SELECT status, count(*) AS number FROM creators GROUP BY status ORDER BY number DESC, status',
  )
  return bars(
    text.statuses,
    { label: text.status, number: text.ids, share: text.share },
    rows.map(({ status, number }) => {
      return { label: text.statusLabels[status] ?? status, number, quiet: status !== 'active' }
    }),
  )
}

function anomalyTable({ lang, words }: ReportSource, anomalies: readonly Anomaly[]): Html {
  const text = qualityText[lang]
  const line = (each: Anomaly) =>
    html`<tr>
      <td>
        ${words.anomalies?.[each.kind] ?? wordsOfKind(text, each.kind)}<small
          >${each.column_name && html`<code>${each.column_name}</code>`}</small
        >
      </td>
      <td class="n">${count(each.creators)}</td>
      <td class="text">${person(each)}${text.colon}${each.detail}</td>
    </tr>`
  return html`${dataTable(text.anomalies, [text.what, { number: text.creators }, text.example], anomalies.slice(0, MOST).map(line))}
  ${rest(text, anomalies.length, 'anomalies')}`
}

function driftTable(text: QualityText, drift: readonly Drift[]): Html {
  const line = ({ path, kind, expected, found, answers }: Drift) =>
    html`<tr>
      <td class="text"><code>${path}</code></td>
      <td>${wordsOfKind(text, kind)}<small>${difference(text, expected, found)}</small></td>
      <td class="n">${count(answers)}</td>
    </tr>`
  return html`${dataTable(text.drift, [text.where, text.what, { number: text.answers }], drift.slice(0, MOST).map(line))}
  ${rest(text, drift.length, 'schema_drift')}`
}

function difference(text: QualityText, expected: string | null, found: string | null): string {
  if (expected === null) return found === null ? '' : text.found(found)
  return found === null ? text.expected(expected) : text.expectedAndFound(expected, found)
}

function wordsOfKind(text: QualityText, kind: string): string {
  return text.kinds[kind] ?? kind.replaceAll('_', ' ')
}

function rest(text: QualityText, length: number, table: string): Html | false {
  return length > MOST && html`<p class="fine">${text.rest(length - MOST, table)}</p>`
}
