import type { Effects } from '../../core/effects.js'
import type { Lock } from '../../dataFolder/lock.js'
import type { AnswerReader } from '../../flatten/answerReader.js'
import { recoverJournal } from '../../journal/repairJournal.js'
import { sealLoaded } from '../../raw/sealLoaded.js'
import { sealRuns } from '../../raw/sealRuns.js'
import { loadLeft } from '../../run/loadJournal.js'
import { openOrRebuild } from '../../run/rebuild.js'

/**
 * Brings everything that earlier runs left into `raw/`, receipts included: the journal is empty afterwards, but for
 * segments whose head cannot be read. The working database is closed.
 * @throws LocalError when something cannot be read or written; doing it again completes it
 */
export async function sealEverything(lock: Lock, reader: AnswerReader, effects: Effects): Promise<void> {
  const { layout } = lock
  const warehouse = await openOrRebuild(lock, reader, effects, { lossy: false })
  try {
    const left = await recoverJournal(layout.journal)
    for (const { message } of left.damaged) effects.log('warn', message)
    await loadLeft(warehouse, reader, layout, left, effects)
    await sealRuns(warehouse.connection, layout.raw)
  } finally {
    await warehouse.close()
  }
  await sealLoaded(layout, effects)
}
