import { all } from '../../../core/duckdb.js'
import { count } from '../../../core/text.js'
import { NEWEST_RUNS_FIRST } from '../../../model/clock.js'
import { endText } from '../../../model/runExit.js'
import { dataTable } from '../../dataTable.js'
import { minuteIn, money } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { operatorText } from '../../text/operatorText.js'

const MOST_RUNS = 12

/** An interrupted run has no counts. */
type EarlierRun = Pick<RunRow, 'started_at' | 'status' | 'exit_code' | 'stop_reason'> & {
  readonly [K in keyof RunRow]: RunRow[K] | null
}

/** The last runs as a table to unfold; nothing when there is only one. */
export async function earlierRunsBlock({ connection, pipeline, lang }: ReportSource): Promise<Html | false> {
  const runs = await all<EarlierRun>(connection, `SELECT * FROM runs ORDER BY ${NEWEST_RUNS_FIRST} LIMIT ${MOST_RUNS}`)
  if (runs.length < 2) return false
  const text = operatorText[lang]
  const line = (run: EarlierRun) =>
    html`<tr>
      <th scope="row">${minuteIn(pipeline.timeZone, run.started_at)}</th>
      <td>${endText(run).replace(/^\w+/, (end) => text.ends[end] ?? end)}</td>
      <td class="n">${count(run.rows_read)}</td>
      <td class="n">${count(run.ids_enriched)}</td>
      <td class="n">${count(run.ids_failed)}</td>
      <td class="n">${count(run.calls)}</td>
      <td class="n">${run.simulated ? text.simulated : money(run.money_billed, run.currency)}</td>
    </tr>`
  const titles = [
    text.started,
    text.ended,
    { number: text.rows },
    { number: text.enriched },
    { number: text.idsFailed },
    { number: text.calls },
    { number: text.cost },
  ]
  return html`<details>
    <summary>${text.lastRuns(runs.length)}</summary>
    ${dataTable(text.earlierRuns, titles, runs.map(line))}
  </details>`
}
