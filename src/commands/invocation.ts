import type { Narrator } from '../narrator.js'
import type { Settings } from '../options.js'

/** What a command gets from the command line and the environment. */
export interface Invocation {
  readonly settings: Settings
  readonly token: string | undefined
  readonly narrator: Narrator
  /** The positional arguments. */
  readonly inputs: readonly string[]
}
