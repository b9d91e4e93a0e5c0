import type { Api } from '../config/api.js'
import type { Settings } from '../config/options.js'
import type { Effects } from '../core/effects.js'
import type { Redact } from '../core/redact.js'
import type { Pipeline } from '../model/pipeline.js'
import type { Logger } from '../terminal/logger.js'

/** The task of one run, and what the run needs from outside. */
export interface RunContext {
  /** Paths, or `-` for stdin. */
  readonly inputs: readonly string[]
  readonly settings: Settings
  readonly api: Api
  readonly token: string | undefined
  readonly redact: Redact
  readonly pipeline: Pipeline
  readonly effects: Effects
  readonly logger: Logger
  /** Aborted when the run must stop in order; its reason is the exit code. */
  readonly signal: AbortSignal
}
