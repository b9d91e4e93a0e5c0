import { addColumn } from '../definition.js'

/** `runs` gets the days in which its calls were sent, for the budget of a day. */
export const runDays: readonly string[] = addColumn('runs', {
  name: 'billed_by_day',
  type: 'VARCHAR',
  description:
    "JSON: for each day of the pipeline's zone in which calls were sent, its billed and maybe billed calls; NULL: an older version.",
})
