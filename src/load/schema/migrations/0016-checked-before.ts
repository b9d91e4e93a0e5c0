import { addColumn } from '../definition.js'

/** `data_folder` gets the time from which on the keys of the time series are to be checked before a publish. */
export const checkedBefore: readonly string[] = addColumn('data_folder', {
  name: 'checked_before',
  type: 'TIMESTAMPTZ',
  description:
    'Rows of creator_counters and creator_days before this time had unique keys at the last publish, and none was added since. NULL: none is checked.',
})
