import { addColumn } from '../tableDefinition.js'

/** `runs` tells how fast calls went, and what the upstream was found to allow. */
export const statements: readonly string[] = [
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
]
