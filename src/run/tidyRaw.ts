import { join } from 'node:path'
import { messageOf } from '../core/errors.js'
import { plural } from '../core/text.js'
import { mayDrop } from '../load/dropHistory.js'
import type { Receipt } from '../model/receipt.js'
import { mergeSmallFiles } from '../raw/mergeFiles.js'
import { sweepRaw } from '../raw/sweepRaw.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'
import { trimRaw } from './trimRaw.js'

/**
 * After a successful run: drops raw answers that are older than `--keep-raw`, and merges many small files. A failure is only
 * a warning, because the run is complete and `raw/` is as before; the next run tries again.
 */
export async function tidyRaw(
  run: OpenRun,
  { exit_code: exitCode }: Receipt,
  fetched: Fetched | undefined,
): Promise<void> {
  const { settings, layout, header, effects } = run
  try {
    await sweepRaw(layout.raw)
    if (!mayDrop({ exitCode, isClockConfirmed: fetched?.isClockConfirmed ?? false })) return
    const { keepRaw } = settings
    const dropped = await trimRaw(run, keepRaw === undefined ? undefined : header.startedAt - keepRaw)
    if (dropped > 0)
      effects.log(
        'info',
        `--keep-raw: the raw answers of ${plural(dropped, 'run')} were dropped; ${join(layout.raw, 'base')} keeps what was read from them`,
        'raw_dropped',
        { runs: dropped },
      )
    const merged = await mergeSmallFiles(layout.raw, join(layout.temp, 'merge'), header.startedAt)
    if (merged > 0) effects.log('debug', `${plural(merged, 'small file')} of ${layout.raw} merged`)
  } catch (error) {
    effects.log(
      'warn',
      `${layout.raw} was not tidied up: ${messageOf(error).split('\n')[0]}; nothing is lost, and the next run tries again`,
      'raw_not_tidied',
    )
  }
}
