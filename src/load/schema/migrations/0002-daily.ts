import { addColumn } from '../definition.js'

/** `data_folder` gets what the tables of days and the views are made from. */
export const dailyTables: readonly string[] = [
  ...addColumn('data_folder', {
    name: 'daily',
    type: 'VARCHAR',
    description:
      'JSON: the time zone of the days in creator_days, and the columns of creator_counters that it is made from.',
  }),
  ...addColumn('data_folder', {
    name: 'views',
    type: 'VARCHAR',
    description: 'Fingerprint of the definitions of the views.',
  }),
]
