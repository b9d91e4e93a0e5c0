import { join } from 'node:path'
import { openDatabase } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import type { Layout } from '../dataFolder/layout.js'
import { repairJournal } from '../journal/repairJournal.js'
import { seal } from './sealCalls.js'
import { sealRuns } from './sealRuns.js'

/**
 * Moves loaded and published calls to `raw/`: the calls of every loaded segment, the lists and the receipts. The working
 * database must be closed. A segment is removed after its files have been read back; a damaged one is kept.
 * @throws LocalError when `raw/` cannot be written: the journal keeps the rest
 */
export async function sealLoaded(layout: Layout, effects: Effects): Promise<void> {
  const { segments, damaged } = await repairJournal(join(layout.journal, 'loaded'))
  for (const { message } of damaged) effects.log('warn', message)
  for (const segment of segments) {
    const sealed = await seal(segment, { raw: layout.raw, temp: join(layout.temp, 'seal') })
    if (!sealed)
      effects.log(
        'warn',
        `${segment.path} is an older copy of calls that are in ${layout.raw}; it is moved to damaged/`,
      )
    await segment.retire(!sealed || damaged.some(({ path }) => path === segment.path))
  }
  const finished = await openDatabase(layout.warehouse, { readOnly: true, tempDirectory: layout.temp })
  await sealRuns(finished.connection, layout.raw).finally(() => finished.close())
}
