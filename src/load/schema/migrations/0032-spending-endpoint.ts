import { addColumn, commentOnTable } from '../definition.js'

/** `spending` says which endpoint the calls went to: `costs` needs the price of each call as it was then. */
export const spendingEndpoint: readonly string[] = [
  ...addColumn('spending', {
    name: 'endpoint',
    type: 'VARCHAR',
    description: 'The endpoint that finds ids (--resolve) to which the calls went; NULL: that of the profiles.',
  }),
  commentOnTable({
    name: 'spending',
    description:
      "The calls of each run and their price, by list, day and endpoint. An id in k of the run's lists counts 1/k in each, so every sum is that of the run. Key: run_id, list, calendar_day, price, endpoint.",
    columns: [],
  }),
]
