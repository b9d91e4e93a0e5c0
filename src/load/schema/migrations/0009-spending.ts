import { addColumn, createTable, type ColumnDefinition } from '../definition.js'

const amount = (name: string, description: string): ColumnDefinition => ({ name, type: 'DECIMAL(18,6)', description })

/** Money by run, list and day. A receipt has the rows of its run, so that they stay when people are forgotten. */
export const spending: readonly string[] = [
  ...createTable({
    name: 'spending',
    description:
      "The calls of each run and their price, by list and day. An id in k of the run's lists counts 1/k in each, so every sum is that of the run. Key: run_id, list, calendar_day.",
    columns: [
      { name: 'run_id', type: 'VARCHAR', description: 'The run.' },
      {
        name: 'list',
        type: 'VARCHAR',
        description: 'Name of the list; NULL where it is not known for which list the calls were.',
      },
      {
        name: 'calendar_day',
        type: 'DATE',
        description: "The day in which the calls were sent, in the pipeline's zone, by the clock of the run.",
      },
      {
        name: 'currency',
        type: 'VARCHAR',
        description: 'Currency of price and money; NULL if the price is not known.',
      },
      amount('price', 'Price of one billed call; NULL if it is not known: the run was cut off in an older version.'),
      amount('asked_ids', 'Ids that calls were sent for, on the first day of their calls.'),
      amount('calls', 'Calls that were sent.'),
      amount('billed_calls', 'Calls that were billed.'),
      amount('maybe_billed_calls', 'Calls that may have been billed.'),
      amount('money_billed', 'Price of the billed calls; NULL if the price is not known.'),
      amount('money_maybe_billed', 'Price of the calls that may have been billed; NULL if the price is not known.'),
    ],
  }),
  ...addColumn('runs', {
    name: 'exit_reason',
    type: 'VARCHAR',
    description:
      'Why the exit code is 3: failed (more ids failed than --max-failed) or parked (a cap parked more than --alarm-parked); else NULL.',
  }),
]
