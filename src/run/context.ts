import type { Api } from '../config/api.js'
import type { Settings } from '../config/options.js'
import type { Effects } from '../core/effects.js'
import type { Redact } from '../core/redact.js'
import type { Pipeline } from '../model/pipeline.js'
import type { PlanOptions } from '../plan/plan.js'
import type { Logger } from '../terminal/logger.js'

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

/** What the settings say of who is asked, for a run that starts now. */
export function planOptionsOf({ maxAge, retryFailed, onAmbiguous }: Settings, startedAt: number): PlanOptions {
  return { startedAt, maxAgeMs: maxAge, retryFailed: retryFailed ?? false, onAmbiguous }
}
