import type { Api } from '../config/api.js'
import type { Effects } from '../core/effects.js'
import type { Logger } from '../terminal/logger.js'
import type { Settings } from '../config/options.js'
import type { Pipeline } from '../model/pipeline.js'
import type { Redact } from '../core/redact.js'

/** What one run is to do. */
export interface Job {
  /** Paths, or `-` for stdin. */
  readonly inputs: readonly string[]
  readonly settings: Settings
  readonly api: Api
  readonly token: string | undefined
  readonly redact: Redact
  readonly pipeline: Pipeline
}

/** What a run needs from outside. */
export interface World {
  readonly effects: Effects
  readonly logger: Logger
  /** Aborts when the run shall stop in order; its reason is the exit code. */
  readonly signal: AbortSignal
}
