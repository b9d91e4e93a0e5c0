import { addColumn } from '../definition.js'

/** `runs` says which runs were nights of the tracked lists: the price of the next night is compared with theirs. */
export const runTracked: readonly string[] = addColumn('runs', {
  name: 'tracked',
  type: 'BOOLEAN',
  description: 'Whether the run refreshed the tracked lists (--tracked); NULL: an older version, or no receipt.',
})
