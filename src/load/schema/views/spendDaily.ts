import type { Pipeline } from '../../../model/pipeline.js'
import { total, type ViewColumn, type ViewDefinition } from '../definition.js'

/** For each day: calls and money of all runs. */
export function spendDaily({ timeZone }: Pipeline): ViewDefinition {
  return {
    name: 'spend_daily',
    description: `One row for each day (${timeZone}) in which calls were sent. Key: calendar_day.`,
    columns: [
      { name: 'calendar_day', type: 'DATE', description: `The day, in ${timeZone}.`, sql: 's.calendar_day' },
      {
        name: 'runs',
        type: 'BIGINT',
        description: 'Runs with calls on that day.',
        sql: 'count(DISTINCT s.run_id)',
      },
      {
        name: 'asked_ids',
        type: 'BIGINT',
        description: 'Ids that calls were sent for; an id counts once for each run.',
        sql: total('sum(s.asked_ids)'),
      },
      { name: 'calls', type: 'BIGINT', description: 'Calls that were sent.', sql: total('sum(s.calls)') },
      {
        name: 'billed_calls',
        type: 'BIGINT',
        description: 'Calls that were billed.',
        sql: total('sum(s.billed_calls)'),
      },
      {
        name: 'maybe_billed_calls',
        type: 'BIGINT',
        description: 'Calls that may have been billed.',
        sql: total('sum(s.maybe_billed_calls)'),
      },
      ...moneyColumns,
      {
        name: 'unpriced_calls',
        type: 'BIGINT',
        description: 'Billed and maybe billed calls whose price is not known: the money does not contain them.',
        sql: total(UNPRICED),
      },
      { name: 'currency', type: 'VARCHAR', description: 'Currency of the money.', sql: 'max(s.currency)' },
    ],
    from: `${SPENDING} GROUP BY s.calendar_day`,
  }
}

/** The rows of table `spending`; simulated calls cost nothing. */
export const SPENDING = `(
  SELECT t.*, coalesce(r.simulated, FALSE) AS simulated FROM spending AS t LEFT JOIN runs AS r ON r.run_id = t.run_id
) AS s`

/** A sum over billed and maybe billed calls without a price. */
export const UNPRICED = `coalesce(sum(s.billed_calls + s.maybe_billed_calls) FILTER (WHERE s.price IS NULL), 0)`

const sumOf = (column: string): string => `coalesce(sum(CASE WHEN s.simulated THEN 0 ELSE s.${column} END), 0)`

/** Money of a group of rows of `SPENDING`. */
export const moneyColumns: readonly ViewColumn[] = [
  {
    name: 'money_billed',
    type: 'DOUBLE',
    description: 'Price of the billed calls; 0 if simulated.',
    sql: sumOf('money_billed'),
  },
  {
    name: 'money_maybe_billed',
    type: 'DOUBLE',
    description: 'Price of the calls that may have been billed; 0 if simulated.',
    sql: sumOf('money_maybe_billed'),
  },
]
