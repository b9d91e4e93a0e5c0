import { commentOnColumn, commentOnTable, createTable } from '../definition.js'

const ASKED = 'Ids, and inputs of --resolve, that calls were sent for'

/** What `--resolve` has asked the API for: each link or name with the id that it leads to, or why it leads to nobody. */
export const resolvedIds: readonly string[] = [
  ...createTable({
    name: 'resolved_ids',
    description:
      'Links and names of lists that the API was asked to turn into ids (--resolve), each with its last answer. Key: kind, input.',
    columns: [
      { name: 'kind', type: 'VARCHAR', description: 'The kind of input, such as short_link.' },
      { name: 'input', type: 'VARCHAR', description: 'The link or name, without anything around it.' },
      { name: 'user_id', type: 'VARCHAR', description: 'The id that the input leads to; NULL: it leads to nobody.' },
      { name: 'reason', type: 'VARCHAR', description: 'Why it leads to nobody, such as not_found; NULL with an id.' },
      { name: 'resolved_at', type: 'TIMESTAMPTZ', description: 'When the answer was received.' },
      { name: 'run_id', type: 'VARCHAR', description: 'The run that asked.' },
    ],
  }),
  commentOnTable({
    name: 'spending',
    description:
      "The calls of each run and their price, by list and day. An id in k of the run's lists counts 1/k in each, so every sum is that of the run. Key: run_id, list, calendar_day, price.",
    columns: [],
  }),
  commentOnColumn('spending', {
    name: 'asked_ids',
    type: 'DECIMAL(18,6)',
    description: `${ASKED}, on the first day of their calls.`,
  }),
  commentOnColumn('runs', {
    name: 'asked_ids',
    type: 'BIGINT',
    description: `Distinct ids, and inputs of --resolve, that calls were sent for.`,
  }),
  commentOnColumn('runs', { name: 'price', type: 'DOUBLE', description: 'Price of one billed call for a profile.' }),
  commentOnColumn('ambiguous_calls', {
    name: 'user_id',
    type: 'VARCHAR',
    description: 'The id of the call, or its input of --resolve.',
  }),
]
