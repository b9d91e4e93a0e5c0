import { fixedTables as fixedTables } from './0001-fixed-tables.js'
import { dailyTables as daily } from './0002-daily.js'
import { runPace as runPace } from './0003-run-pace.js'

/** Statements of each migration of the fixed tables. Forward only: one that was released is never edited, changes are a new one at the end. */
export const migrations: readonly (readonly string[])[] = [fixedTables, daily, runPace]
