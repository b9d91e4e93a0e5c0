import { addColumn } from '../tableDefinition.js'

/** `data_folder` tells what the tables of days and the views are made from. */
export const dailyTables: readonly string[] = [
  ...addColumn('data_folder', {
    name: 'daily',
    type: 'VARCHAR',
    description: 'JSON: the zone whose days creator_days has, and the columns of creator_counters behind its own.',
  }),
  ...addColumn('data_folder', {
    name: 'views',
    type: 'VARCHAR',
    description: 'Fingerprint of the definitions of the views.',
  }),
]
