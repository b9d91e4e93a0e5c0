import { addColumn } from '../definition.js'

/** `runs` gets the time from which the ages of its answers count, where other machines fetched them. */
export const runAskedAt: readonly string[] = addColumn('runs', {
  name: 'asked_at',
  type: 'TIMESTAMPTZ',
  description:
    'Of a run that collected answers which other machines fetched: when their ids were put into the queue. Ages count from then. NULL: they count from started_at.',
})
