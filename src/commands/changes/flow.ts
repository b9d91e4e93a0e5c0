import { UsageError } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { withPublished } from '../../publish/openPublished.js'
import { PAGE, writeOut, writeText } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { changesJson, periodOf, readHighlights, readTotals } from './changes.js'
import { changesText } from './changesText.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Rows of each table, where no limit is given. */
const SHOWN = 10

/** Prints the creators whose followers or attributes changed in a period. */
export async function changesFlow({ settings }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  const { timeZone } = await pipelineFor(settings)
  const now = Date.now()
  const period = periodOf(settings.since, now, timeZone)
  if (period.since > now) throw new UsageError(`--since ${period.shown} lies in the future: give a day up to today`)
  await withPublished(layout, async (connection) => {
    if (settings.json) {
      const head = { data: layout.data }
      for await (const piece of changesJson(connection, head, period, settings.limit)) writeOut(piece)
      return
    }
    const totals = await readTotals(connection, period)
    const highlights = await readHighlights(connection, period, settings.limit ?? SHOWN)
    writeText(changesText(totals, highlights, period, process.stdout.columns || PAGE))
  })
  return 0
}
