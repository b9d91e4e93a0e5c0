import { all } from '../../../core/duckdb.js'
import { count, NOT_KNOWN } from '../../../core/text.js'
import type { Language } from '../../../model/language.js'
import type { CodeCount } from '../../../model/receipt.js'
import { dataTable } from '../../dataTable.js'
import { seconds } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { operatorText } from '../../text/operatorText.js'

/** The calls of a run by code, with their latencies. */
export async function callsBlock({ connection, lang }: ReportSource, run: RunRow): Promise<Html> {
  const text = operatorText[lang]
  const codes = await all<CodeCount>(connection, 'SELECT * FROM run_codes WHERE run_id = $runId ORDER BY calls DESC', {
    runId: run.run_id,
  })
  return html`<h3>${text.callsByAnswer}</h3>
    ${codes.length === 0 ? html`<p class="muted">${text.noCall}</p>` : codeTable(codes, lang)}`
}

function codeTable(codes: readonly CodeCount[], lang: Language): Html {
  const text = operatorText[lang]
  const ms = (time: number | null) => (time === null ? NOT_KNOWN : time < 10_000 ? text.ms(time) : seconds(time, lang))
  const line = ({ code, calls, billed, maybe_billed, p50_ms, p95_ms }: CodeCount) =>
    html`<tr>
      <td><code>${code}</code></td>
      <td class="n">${count(calls)}</td>
      <td class="n">
        ${count(billed)}${maybe_billed > 0 && html` <span class="muted">${text.maybe(maybe_billed)}</span>`}
      </td>
      <td class="n">${ms(p50_ms)}</td>
      <td class="n">${ms(p95_ms)}</td>
    </tr>`
  return dataTable(
    text.callsByAnswer,
    [text.code, { number: text.calls }, { number: text.billed }, { number: text.median }, { number: text.slow }],
    codes.map(line),
  )
}
