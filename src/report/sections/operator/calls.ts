import { all, type Connection } from '../../../core/duckdb.js'
import { count, NOT_KNOWN } from '../../../core/text.js'
import type { CodeCount } from '../../../model/receipt.js'
import { dataTable } from '../../dataTable.js'
import { seconds } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'

const TEXT = {
  title: 'Calls by answer',
  none: 'No call was needed.',
  code: 'Code',
  calls: 'Calls',
  billed: 'Billed',
  maybe: (calls: number) => `+${count(calls)}?`,
  median: 'Median',
  slow: '95th percentile',
  ms: (time: number) => `${count(time)} ms`,
}

/** The calls of a run by code, with their latencies. */
export async function callsBlock(connection: Connection, run: RunRow): Promise<Html> {
  const codes = await all<CodeCount>(connection, 'SELECT * FROM run_codes WHERE run_id = $runId ORDER BY calls DESC', {
    runId: run.run_id,
  })
  return html`<h3>${TEXT.title}</h3>
    ${codes.length === 0 ? html`<p class="muted">${TEXT.none}</p>` : codeTable(codes)}`
}

function codeTable(codes: readonly CodeCount[]): Html {
  const ms = (time: number | null) => (time === null ? NOT_KNOWN : time < 10_000 ? TEXT.ms(time) : seconds(time))
  const line = ({ code, calls, billed, maybe_billed, p50_ms, p95_ms }: CodeCount) =>
    html`<tr>
      <td><code>${code}</code></td>
      <td class="n">${count(calls)}</td>
      <td class="n">
        ${count(billed)}${maybe_billed > 0 && html` <span class="muted">${TEXT.maybe(maybe_billed)}</span>`}
      </td>
      <td class="n">${ms(p50_ms)}</td>
      <td class="n">${ms(p95_ms)}</td>
    </tr>`
  return dataTable(
    TEXT.title,
    [TEXT.code, { number: TEXT.calls }, { number: TEXT.billed }, { number: TEXT.median }, { number: TEXT.slow }],
    codes.map(line),
  )
}
