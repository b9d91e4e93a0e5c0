import { liveEffects } from '../../core/effects.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { replay } from './replay.js'
import { replaySummary } from './replayReport.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Rebuilds all tables without a call, and prints how they differ from the published ones. */
export async function replayFlow({ settings, logger }: Invocation): Promise<number> {
  const effects = liveEffects(logger.log)
  const report = await replay(settings, await pipelineFor(settings), effects)
  print(settings, report, () => replaySummary(report))
  return report.exit_code
}
