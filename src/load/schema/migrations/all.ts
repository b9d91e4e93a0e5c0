import { fixedTables } from './0001-fixed-tables.js'
import { dailyTables } from './0002-daily.js'
import { runPace } from './0003-run-pace.js'
import { runTracked } from './0004-run-tracked.js'
import { runDays } from './0005-run-days.js'
import { reading } from './0006-reading.js'
import { emptyAnswers } from './0007-empty-answers.js'
import { runClock } from './0008-run-clock.js'
import { spending } from './0009-spending.js'
import { formerMembers } from './0010-former-members.js'
import { historyFrom } from './0011-history-from.js'
import { runMaxAge } from './0012-allowed-ages.js'
import { checkedBefore } from './0016-checked-before.js'
import { runAskedAt } from './0030-asked-at.js'
import { resolvedIds } from './0031-resolved-ids.js'
import { spendingEndpoint } from './0032-spending-endpoint.js'

/** The statements of each migration of the fixed tables, forward only. A released migration is never edited; a change is a new one at the end. */
export const migrations: readonly (readonly string[])[] = [
  fixedTables,
  dailyTables,
  runPace,
  runTracked,
  runDays,
  reading,
  emptyAnswers,
  runClock,
  spending,
  formerMembers,
  historyFrom,
  runMaxAge,
  checkedBefore,
  runAskedAt,
  resolvedIds,
  spendingEndpoint,
]
