import { all } from '../../../core/duckdb.js'
import { count } from '../../../core/text.js'
import type { Language } from '../../../model/language.js'
import type { RowStatus } from '../../../model/receipt.js'
import { failureMessage, rowWords, type RowWords } from '../../../model/rowWords.js'
import { dataTable } from '../../dataTable.js'
import { html, type Html } from '../../html.js'
import { person, type ReportPerson } from '../../person.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { failuresText } from '../../text/failuresText.js'
import { outcomeText } from '../../text/outcomeText.js'

type FailuresText = (typeof failuresText)[Language]

interface Reason {
  readonly status: RowStatus
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
export async function failuresBlock({ connection, pipeline, lang }: ReportSource, run: RunRow): Promise<Html> {
  const text = failuresText[lang]
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
  return html`<h3>${text.title}</h3>
    ${reasons.length === 0 ? html`<p class="good">${text.none}</p>` : reasonTable(reasons, lang, rowWords(pipeline, lang))}
    ${failures.length > 0 && failureList(failures, run, text)}`
}

function reasonTable(reasons: readonly Reason[], lang: Language, words: RowWords): Html {
  const text = failuresText[lang]
  const detailOf = ({ status, reason, detail }: Omit<Reason, 'rows'>) => {
    if (status === 'failed') return failureMessage(words, reason, detail)
    return (status === 'parked' ? text.parked : words.remedies)[reason] ?? detail
  }
  const line = ({ status, reason, rows, detail }: Reason) =>
    html`<tr>
      <td class="status"><i class="key part-${status}"></i>${outcomeText[lang].statuses[status]}</td>
      <td><code>${reason}</code></td>
      <td class="n">${count(rows)}</td>
      <td class="text">${detailOf({ status, reason, detail })}</td>
    </tr>`
  return dataTable(text.title, [text.outcome, text.reason, { number: text.rows }, text.details], reasons.map(line))
}

function failureList(failures: readonly Failure[], { ids_failed }: RunRow, text: FailuresText): Html {
  const rest = ids_failed - failures.length
  const line = (each: Failure) =>
    html`<li>${person(each)} <code>${each.code}</code> <span class="muted">${text.calls(each.attempts)}</span></li>`
  return html`<details>
    <summary>${text.ids(ids_failed)}</summary>
    <ul class="plain">
      ${failures.map(line)}
    </ul>
    ${rest > 0 && html`<p class="fine">${text.rest(rest)}</p>`}
  </details>`
}
