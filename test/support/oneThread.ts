import { envName } from '../../src/config/options.js'
import { limitDatabases } from '../../src/core/memory.js'

/** Two test files at a time keep two processors busy: a second thread of DuckDB would mostly wait, which costs a sixth. */
export const ONE_THREAD = { threads: 1 }

/** The same for a command: a run with two threads takes an eighth more of a processor. */
export const ONE_THREAD_VARIABLE = { [envName('threads')]: String(ONE_THREAD.threads) }

limitDatabases(ONE_THREAD)
