import type { Api } from '../config/api.js'
import type { ConfigFile } from '../config/configFile.js'
import type { PricedSettings, Settings } from '../config/settings.js'
import type { Effects } from '../core/effects.js'
import type { Redact } from '../core/redact.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Lock } from '../dataFolder/lock.js'
import type { AnswerReader } from '../flatten/compile.js'
import type { RunStatus } from '../dataFolder/runStatus.js'
import type { RunStart } from '../model/call.js'
import type { Pipeline } from '../model/pipeline.js'
import type { Logger } from '../terminal/logger.js'

/** A locked data folder in which people are erased. */
export interface HeldFolder {
  readonly lock: Lock
  readonly layout: Layout
  readonly reader: AnswerReader
  readonly settings: Settings
  readonly effects: Effects
}

/** The task of one run, and what the run needs from outside. */
export interface RunContext {
  /** Paths, or `-` for stdin. */
  readonly inputs: readonly string[]
  readonly settings: PricedSettings
  /** Where some of the settings come from. */
  readonly configFile?: ConfigFile | undefined
  readonly api: Api
  readonly token: string | undefined
  readonly redact: Redact
  readonly pipeline: Pipeline
  readonly effects: Effects
  readonly logger: Logger
  /** Erases people as `forget` does, but keeps none of them out; completes such an erasure that was cut off. */
  readonly erase: (ids: readonly string[], held: HeldFolder) => Promise<void>
  /** Gets how far a run came that fails; undefined if it never had its folder. */
  readonly onFailure?: (last: RunStatus | undefined) => void
  /** When the log has the id of this run already; absent: the run makes its own. */
  readonly start?: RunStart | undefined
  /** Aborted when the run must stop in order; its reason is the exit code. */
  readonly signal: AbortSignal
}
