import { all } from '../../../core/duckdb.js'
import { count, plural } from '../../../core/text.js'
import { NEWEST_RUNS_FIRST } from '../../../model/clock.js'
import { endText } from '../../../model/runExit.js'
import { dataTable } from '../../dataTable.js'
import { minuteIn, money } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'

const TEXT = {
  title: 'Earlier runs',
  summary: (runs: number) => `The last ${plural(runs, 'run')}`,
  started: 'Started',
  ended: 'Ended',
  rows: 'Rows',
  enriched: 'Ids enriched',
  failed: 'Ids failed',
  calls: 'Calls',
  cost: 'Cost',
  simulated: 'simulated',
}

const MOST_RUNS = 12

/** An interrupted run has no counts. */
type EarlierRun = Pick<RunRow, 'started_at' | 'status' | 'exit_code' | 'stop_reason'> & {
  readonly [K in keyof RunRow]: RunRow[K] | null
}

/** The last runs as a table to unfold; nothing when there is only one. */
export async function earlierRunsBlock({ connection, pipeline }: ReportSource): Promise<Html | false> {
  const runs = await all<EarlierRun>(connection, `SELECT * FROM runs ORDER BY ${NEWEST_RUNS_FIRST} LIMIT ${MOST_RUNS}`)
  if (runs.length < 2) return false
  const line = (run: EarlierRun) =>
    html`<tr>
      <th scope="row">${minuteIn(pipeline.timeZone, run.started_at)}</th>
      <td>${endText(run)}</td>
      <td class="n">${count(run.rows_read)}</td>
      <td class="n">${count(run.ids_enriched)}</td>
      <td class="n">${count(run.ids_failed)}</td>
      <td class="n">${count(run.calls)}</td>
      <td class="n">${run.simulated ? TEXT.simulated : money(run.money_billed, run.currency)}</td>
    </tr>`
  const titles = [
    TEXT.started,
    TEXT.ended,
    { number: TEXT.rows },
    { number: TEXT.enriched },
    { number: TEXT.failed },
    { number: TEXT.calls },
    { number: TEXT.cost },
  ]
  return html`<details>
    <summary>${TEXT.summary(runs.length)}</summary>
    ${dataTable(TEXT.title, titles, runs.map(line))}
  </details>`
}
