import { UsageError } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { readTimeZone } from '../../load/spent.js'
import { withPublished } from '../../publish/openPublished.js'
import { PAGE, writeOut, writeText } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { changesJson, periodOf, readHighlights, readTotals } from './changes.js'
import { changesText } from './changesText.js'

/** Rows of each table, where no limit is given. */
const SHOWN = 10

/** Prints the creators whose followers or attributes changed in a period. */
export async function changesFlow({ settings }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  await withPublished(layout, async (connection) => {
    const now = Date.now()
    const period = periodOf(settings.since, now, await readTimeZone(connection))
    if (period.since > now) throw new UsageError(`--since ${period.shown} lies in the future: give a day up to today`)
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
