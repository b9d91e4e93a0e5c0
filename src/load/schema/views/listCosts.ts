import type { Pipeline } from '../../../model/pipeline.js'
import type { ViewColumn, ViewDefinition } from '../definition.js'
import { moneyColumns, SPENDING, UNPRICED } from './spendDaily.js'

const MONTH = `date_trunc('month', s.calendar_day)`

/** For each list and month: what it has cost. */
export function listCosts({ timeZone }: Pipeline): ViewDefinition {
  const share = (name: string, description: string): ViewColumn => {
    return { name, type: 'DOUBLE', description, sql: `sum(s.${name})` }
  }
  return {
    name: 'list_costs',
    description: `One row for each list and month (${timeZone}) in which calls were sent. An id in k lists of a run counts 1/k in each, so the sums over all lists are those of the runs. Key: list, calendar_month.`,
    columns: [
      {
        name: 'list',
        type: 'VARCHAR',
        description: 'Name of the list; NULL where it is not known for which list the calls were.',
        sql: 's.list',
      },
      {
        name: 'calendar_month',
        type: 'DATE',
        description: `First day of the month, in ${timeZone}.`,
        sql: MONTH,
      },
      { name: 'runs', type: 'BIGINT', description: 'Runs with calls for the list.', sql: 'count(DISTINCT s.run_id)' },
      share('asked_ids', 'Ids that calls were sent for; an id counts once for each run.'),
      share('calls', 'Calls that were sent.'),
      share('billed_calls', 'Calls that were billed.'),
      share('maybe_billed_calls', 'Calls that may have been billed.'),
      ...moneyColumns,
      {
        name: 'unpriced_calls',
        type: 'DOUBLE',
        description: 'Billed and maybe billed calls whose price is not known: the money does not contain them.',
        sql: UNPRICED,
      },
      { name: 'currency', type: 'VARCHAR', description: 'Currency of the money.', sql: 'max(s.currency)' },
    ],
    from: `${SPENDING} GROUP BY s.list, ${MONTH}`,
  }
}
