import { addColumn } from '../definition.js'

/** `runs` gets what a run found about the clocks of earlier ones. */
export const runClock: readonly string[] = [
  ...addColumn('runs', {
    name: 'earlier_runs',
    type: 'VARCHAR',
    description:
      'JSON: the runs that came before this one although their ids are later, as a clock was wrong; NULL: none.',
  }),
  ...addColumn('runs', {
    name: 'ahead_runs',
    type: 'VARCHAR',
    description:
      'JSON: the earlier runs whose clock had been ahead, as this run found when the API confirmed its own clock; NULL: none.',
  }),
]
