import { addColumn } from '../definition.js'

/** `runs` gets the time before which history was dropped, so that a rebuild drops the same rows. */
export const historyFrom: readonly string[] = addColumn('runs', {
  name: 'history_from',
  type: 'TIMESTAMPTZ',
  description:
    'Older counters, days, versions, changes and failures were dropped by this run (--keep-history), except for the newest of each creator; NULL: none were.',
})
