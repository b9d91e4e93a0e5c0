import { pathExists } from '../../core/absent.js'
import { EXIT, UsageError } from '../../core/errors.js'
import { DAY_MS, dayIn } from '../../core/time.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { pipelineFor } from '../../publish/folderPipeline.js'
import { isNameless } from '../../read/file.js'
import { startNow } from '../../run/startNow.js'
import type { Invocation } from '../command.js'
import { perform } from './perform.js'

/**
 * Plays the nights of `--nights` before today's, each as a run of its own on a clock that is days behind. A folder that has
 * data already gets none: its history may not change.
 * @throws UsageError for an API that is not simulated
 */
export async function playNights(invocation: Invocation, signal: AbortSignal): Promise<void> {
  const { settings, logger } = invocation
  const { nights, api, data } = settings
  if (nights === 1) return
  if (api !== 'simulated') throw new UsageError('--nights plays nights on simulated data: add --api simulated')
  const once = invocation.inputs.find(isNameless)
  if (once !== undefined)
    throw new UsageError(`--nights reads the input each night, so it cannot be ${once === '-' ? '- (stdin)' : once}`)
  if (pathExists(layoutOf(data).state)) return
  // A day as in all tables.
  const { timeZone } = await pipelineFor(settings)
  const quick = { ...settings, noReport: true, notify: undefined }
  for (let ago = nights - 1; ago > 0; ago -= 1) {
    const now = (): number => Date.now() - ago * DAY_MS
    const night = dayIn(timeZone, now())
    logger.log('info', `night ${nights - ago} of ${nights}, played as on ${night}`, 'night_played')
    const { exit_code: exitCode } = await perform({
      ...invocation,
      settings: quick,
      signal,
      now,
      start: startNow(now()),
    })
    if (exitCode !== EXIT.done) return
  }
  logger.log('info', `night ${nights} of ${nights}, today`, 'night_played')
}
