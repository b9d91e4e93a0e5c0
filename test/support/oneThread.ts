import { envName } from '../../src/config/settings.js'
import { limitDatabases } from '../../src/core/memory.js'

/** Two test files at a time keep two processors busy: a second thread of DuckDB would mostly wait, which costs a sixth. */
export const ONE_THREAD = { threads: 1 }

/** What commands inherit from the environment. They have one thread, too: a run with two takes an eighth more of a processor. */
export function inherited(): Record<string, string | undefined> {
  const { PATH, TMPDIR } = process.env
  return { PATH, TMPDIR, [envName('threads')]: String(ONE_THREAD.threads) }
}

limitDatabases(ONE_THREAD)
