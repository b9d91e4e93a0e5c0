import { limitDatabases } from '../../src/core/memory.js'

/** Two test files at a time keep two processors busy: a second thread of DuckDB would mostly wait, which costs a sixth. */
export const ONE_THREAD = { threads: 1 }

limitDatabases(ONE_THREAD)
