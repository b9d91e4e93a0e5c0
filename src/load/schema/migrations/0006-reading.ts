import { addColumn } from '../definition.js'

/** `data_folder` gets the way in which the stored answers were read. */
export const reading: readonly string[] = addColumn('data_folder', {
  name: 'reading',
  type: 'BIGINT',
  description: 'Version of how answers become rows. A run rebuilds a database of an older version from raw/.',
})
