import { liveEffects } from '../../core/effects.js'
import { loadPipeline } from '../../model/loadPipeline.js'
import { reportFolder } from './command.js'
import type { Invocation } from '../command.js'

/** Writes the HTML report of the newest run again; prints its path, and returns the exit code. */
export async function reportCommand({ settings, logger }: Invocation): Promise<number> {
  const effects = liveEffects((level, message) => logger.log(level, message))
  const path = await reportFolder(settings, await loadPipeline(settings.pipeline), effects)
  process.stdout.write(`${path}\n`)
  return 0
}
