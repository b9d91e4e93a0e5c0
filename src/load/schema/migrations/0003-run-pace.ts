import { addColumn } from '../tableDefinition.js'

/** `runs` tells how fast calls went, what the upstream was found to allow, and until when a run lived that left no receipt. */
export const runPace: readonly string[] = [
  ...addColumn('runs', {
    name: 'calls_per_second',
    type: 'DOUBLE',
    description: 'Calls a second over the whole fetch; NULL if none was made.',
  }),
  ...addColumn('runs', {
    name: 'limit_per_second',
    type: 'DOUBLE',
    description: 'Calls a second that the API was found to allow; NULL if that was never met.',
  }),
  ...addColumn('runs', {
    name: 'in_flight_limit',
    type: 'BIGINT',
    description: 'Calls in flight beyond which each only takes longer; NULL if that was never met.',
  }),
  ...addColumn('runs', {
    name: 'last_call_at',
    type: 'TIMESTAMPTZ',
    description: 'When the last call of a run that was interrupted ended; NULL where finished_at tells.',
  }),
]
