import { plural } from '../../../core/text.js'
import { seconds } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { ReportSource } from '../../source.js'
import { callsBlock } from './calls.js'
import { earlierRunsBlock } from './earlierRuns.js'
import { failuresBlock } from './failures.js'
import { listPricesBlock, readListPrices } from './listPrices.js'
import { outcomeBlock } from './outcome.js'
import { qualityBlock } from './quality.js'

const TEXT = {
  title: 'For the operator',
  asked: (ids: number, host: string) => `${plural(ids, 'id')} fetched from ${host}`,
  took: (time: string) => `took ${time}`,
  version: (version: string) => `creator-enrich ${version}`,
}

/** What the run did and cost, what failed and why, and how reliable the numbers are. */
export async function operatorSection(source: ReportSource, run: RunRow): Promise<Html> {
  const { connection } = source
  const lists = await readListPrices(connection, run)
  const read = lists.filter(({ in_run }) => in_run).map(({ list }) => list)
  const about = [
    TEXT.asked(run.asked_ids, run.host),
    run.finished_at !== null && TEXT.took(seconds(run.finished_at - run.started_at)),
    TEXT.version(run.version),
  ]
  return html`<section id="operator">
    <h2>${TEXT.title}</h2>
    ${await outcomeBlock(connection, run, read)}
    <div class="columns">
      <div>${await failuresBlock(connection, run)}</div>
      <div>${await callsBlock(connection, run)}</div>
    </div>
    ${listPricesBlock(lists)} ${await earlierRunsBlock(source)}
    <p class="fine">${about.filter(Boolean).join(' · ')}</p>
    ${await qualityBlock(source, run)}
  </section>`
}
