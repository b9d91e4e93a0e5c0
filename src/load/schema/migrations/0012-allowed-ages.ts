import { addColumn } from '../definition.js'

/** `runs` says how old profiles might get, so that the views know what is too old. */
export const runMaxAge: readonly string[] = [
  ...addColumn('runs', {
    name: 'max_age_seconds',
    type: 'BIGINT',
    description:
      'How old a profile might get (--max-age); with --max-age by-tier that of every other tier; NULL: an older version, no receipt, or --retry-failed.',
  }),
  ...addColumn('runs', {
    name: 'max_age_by_tier',
    type: 'VARCHAR',
    description: 'With --max-age by-tier: the seconds of each tier, such as mega=72000,nano=604800; else NULL.',
  }),
]
