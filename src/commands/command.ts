import type { Settings } from '../config/options.js'
import type { Logger } from '../terminal/logger.js'

/** What a command gets from the command line and the environment. */
export interface Invocation {
  readonly settings: Settings
  /** For commands that make calls. */
  readonly token: string | undefined
  /** @throws UsageError when the token cannot be read, or cannot be one */
  readonly readToken: () => string | undefined
  readonly logger: Logger
  /** The positional arguments. */
  readonly inputs: readonly string[]
}
