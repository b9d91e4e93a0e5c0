import { columnOf, seriesColumns, type Pipeline, type Role } from '../../model/pipeline.js'
import { tierText, type TableDefinition } from './definition.js'

/** The counters that are kept by day: the name in every pipeline, and the role of the source column. */
export const MEASURES = [
  { name: 'fans', role: 'followers', what: 'Followers' },
  { name: 'engagement', role: 'engagement', what: 'Engagement (likes, collects …) of all posts' },
  { name: 'posts', role: 'posts', what: 'Posts' },
] as const satisfies readonly { name: string; role: Role; what: string }[]

/** Spans of the changes that are kept, in days. The earlier day may lie up to `slack` days further back. */
export const SPANS = [
  { days: 7, slack: 2 },
  { days: 30, slack: 7 },
] as const

/** The column of `creator_counters` with a role; undefined if this pipeline has none. */
export function seriesColumnOf(pipeline: Pipeline, role: Role): string | undefined {
  const name = columnOf(pipeline, role)
  const type = role === 'tier' ? 'text' : 'count'
  return seriesColumns(pipeline).find(([each, column]) => each === name && column.type === type)?.[0]
}

/** What `creator_days` and `creator_recent` are made from. When this changes, both are made again. */
export function dailySources({ timeZone, ...pipeline }: Pipeline): Record<string, string | null> {
  const sources = [...MEASURES, { name: 'tier', role: 'tier' } as const].map(
    ({ name, role }) => [name, seriesColumnOf({ timeZone, ...pipeline }, role) ?? null] as const,
  )
  return { time_zone: timeZone, ...Object.fromEntries(sources), recent: 'with tier' }
}

/** One row for each creator and day, and one for each creator, so that growth is quick to read. Both follow from `creator_counters` alone. */
export function dayTables(pipeline: Pipeline): TableDefinition[] {
  const { timeZone } = pipeline
  const measured = MEASURES.flatMap(({ name, what }) => [
    { name, type: 'BIGINT', description: `${what} in the last profile of that day.` } as const,
    {
      name: `${name}_change`,
      type: 'BIGINT',
      description: `Difference to previous_day, however long ago that day is; NULL if one of the values is unknown.`,
    } as const,
  ])
  return [
    {
      name: 'creator_days',
      description: `One row for each creator and day (${timeZone}) with a profile; the last profile of the day counts. Key: user_id, observed_day.`,
      columns: [
        { name: 'user_id', type: 'VARCHAR', description: 'The creator.' },
        { name: 'observed_day', type: 'DATE', description: `The day, in ${timeZone}.` },
        {
          name: 'previous_day',
          type: 'DATE',
          description: 'The last earlier day with a profile; NULL on the first day.',
        },
        { name: 'tier', type: 'VARCHAR', description: tierText(pipeline, 'Tier on that day.') },
        ...measured,
      ],
    },
    {
      name: 'creator_recent',
      description: `One row for each creator that ever had a profile: the last day with a profile, and the changes since earlier days. Key: user_id.`,
      columns: [
        { name: 'user_id', type: 'VARCHAR', description: 'The creator.' },
        { name: 'observed_day', type: 'DATE', description: `The last day with a profile, in ${timeZone}.` },
        {
          name: 'previous_day',
          type: 'DATE',
          description: 'The last earlier day with a profile; NULL if there is none.',
        },
        { name: 'tier', type: 'VARCHAR', description: tierText(pipeline, 'Tier on the last day.') },
        ...MEASURES.map(({ name, what }) => {
          return { name, type: 'BIGINT', description: `${what} in the last profile.` } as const
        }),
        {
          name: 'fans_change_1d',
          type: 'BIGINT',
          description: 'Change of fans since the day before observed_day; NULL if that day has no profile.',
        },
        ...SPANS.flatMap(({ days, slack }) => [
          {
            name: `fans_change_${days}d`,
            type: 'BIGINT',
            description: `Change of fans since the last profile ${days} to ${days + slack} days before observed_day; NULL if there is none.`,
          } as const,
          {
            name: `days_${days}d`,
            type: 'BIGINT',
            description: `Days that fans_change_${days}d spans; NULL if it is NULL.`,
          } as const,
        ]),
      ],
    },
  ]
}
