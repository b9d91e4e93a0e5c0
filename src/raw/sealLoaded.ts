import { join } from 'node:path'
import { openDatabase } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import type { Layout } from '../dataFolder/layout.js'
import { repairJournal } from '../journal/repairJournal.js'
import { seal } from './sealCalls.js'
import { sealRuns } from './sealRuns.js'

/**
 * Moves what is loaded and published to `raw/`: the calls of every loaded segment, the lists and the receipts. Needs the
 * working database closed. A segment goes when its files have been read back; a damaged one is kept.
 * @throws LocalError when `raw/` cannot be written: the journal keeps what is not there yet
 */
export async function sealLoaded(layout: Layout, effects: Effects): Promise<void> {
  const { segments, damaged } = await repairJournal(join(layout.journal, 'loaded'))
  for (const { message } of damaged) effects.log('warn', message)
  for (const segment of segments) {
    const sealed = await seal(segment, { raw: layout.raw, temp: join(layout.temp, 'seal') })
    if (!sealed) effects.log('warn', `${segment.path} is an older copy of what ${layout.raw} has; it goes to damaged/`)
    await segment.retire(!sealed || damaged.some(({ path }) => path === segment.path))
  }
  const finished = await openDatabase(layout.warehouse, { readOnly: true, tempDirectory: layout.temp })
  await sealRuns(finished.connection, layout.raw).finally(() => finished.close())
}
