import { seconds } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { operatorText } from '../../text/operatorText.js'
import { callsBlock } from './calls.js'
import { earlierRunsBlock } from './earlierRuns.js'
import { failuresBlock } from './failures.js'
import { listPricesBlock, readListPrices } from './listPrices.js'
import { outcomeBlock } from './outcome.js'
import { qualityBlock } from './quality.js'

/** What the run did and cost, what failed and why, and how reliable the numbers are. */
export async function operatorSection(source: ReportSource, run: RunRow): Promise<Html> {
  const { connection, lang } = source
  const text = operatorText[lang]
  const lists = await readListPrices(connection, run)
  const read = lists.filter(({ in_run }) => in_run).map(({ list }) => list)
  const about = [
    text.asked(run.asked_ids, run.host),
    run.finished_at !== null && text.took(seconds(run.finished_at - run.started_at, lang)),
    text.version(run.version),
  ]
  return html`<section id="operator">
    <h2>${text.title}</h2>
    ${await outcomeBlock(source, run, read)}
    <div class="columns">
      <div>${await failuresBlock(source, run)}</div>
      <div>${await callsBlock(source, run)}</div>
    </div>
    ${listPricesBlock(lists, text)} ${await earlierRunsBlock(source)}
    <p class="fine">${about.filter(Boolean).join(' · ')}</p>
    ${await qualityBlock(source, run)}
  </section>`
}
