import { forget } from '../../src/commands/forget/forget.js'
import { forgetCommand } from '../../src/commands/forget/command.js'
import { replayCommand } from '../../src/commands/replay/command.js'
import { replay } from '../../src/commands/replay/replay.js'
import type { ReplayReport } from '../../src/commands/replay/replayReport.js'
import { resolveSettings } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { pipelineOfFolder } from './pipelineOfFolder.js'

const silent = liveEffects(() => undefined)

/** Runs `replay` in this process. */
export async function replayHere(data: string, flags: { check?: boolean } = {}): Promise<ReplayReport> {
  return replay(
    resolveSettings(replayCommand.options, { data, ...flags }, []),
    await pipelineOfFolder({ data }),
    silent,
  )
}

/** Runs `forget` in this process. */
export async function forgetHere(data: string, ...ids: string[]): Promise<void> {
  await forget(ids, resolveSettings(forgetCommand.options, { data }, []), await pipelineOfFolder({ data }), silent)
}
