import { addColumn } from '../definition.js'

/** `runs` gets the pace of the calls, the limits of the API that the run met, and the last call of a run without a receipt. */
export const runPace: readonly string[] = [
  ...addColumn('runs', {
    name: 'calls_per_second',
    type: 'DOUBLE',
    description: 'Calls a second over the whole fetch; NULL if no call was made.',
  }),
  ...addColumn('runs', {
    name: 'limit_per_second',
    type: 'DOUBLE',
    description: 'Calls a second that the API allowed; NULL if the run did not meet that limit.',
  }),
  ...addColumn('runs', {
    name: 'in_flight_limit',
    type: 'BIGINT',
    description: 'Calls in flight beyond which each call only takes longer; NULL if the run did not meet that limit.',
  }),
  ...addColumn('runs', {
    name: 'last_call_at',
    type: 'TIMESTAMPTZ',
    description: 'End of the last call of an interrupted run; NULL where finished_at is set.',
  }),
]
