import { replayCommand } from '../../src/commands/replay/command.js'
import { replay } from '../../src/commands/replay/replay.js'
import type { ReplayReport } from '../../src/commands/replay/replayReport.js'
import { resolveSettings } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { pipelineOfFolder } from './pipelineOfFolder.js'

/** `replay --check` in this process. @returns the tables that differ */
export async function checkReplay(data: string): Promise<ReplayReport['differences']> {
  const settings = resolveSettings(replayCommand.options, { data, check: true }, [])
  const effects = liveEffects(() => undefined)
  return (await replay(settings, await pipelineOfFolder({ data }), effects)).differences
}
