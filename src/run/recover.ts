import { recoverJournal } from '../journal/recover.js'
import { loadSegments } from '../load/loadCalls.js'
import type { House } from './house.js'
import type { World } from './job.js'

export interface Recovered {
  /** Answers that an earlier run paid for and did not load. */
  readonly answers: number
  /** Calls that were under way when it died. */
  readonly unknown: number
  /** Places in its journal that cannot be read. */
  readonly damaged: number
}

/** Loads what earlier runs paid for and could not load, before anything is planned. */
export async function recover({ layout, warehouse, reader }: House, { effects }: World): Promise<Recovered> {
  const { segments, damaged } = await recoverJournal(layout.journal)
  for (const { message } of damaged) effects.log('warn', message)
  if (segments.length === 0) return { answers: 0, unknown: 0, damaged: damaged.length }
  const { answers, unknown } = await loadSegments(warehouse, segments, reader)
  for (const segment of segments) await segment.markLoaded()
  effects.log('info', `resumed: ${answers} answers recovered, ${unknown} calls unknown`)
  return { answers, unknown, damaged: damaged.length }
}
