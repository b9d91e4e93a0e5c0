import { columnOf, seriesColumns, type Pipeline, type Role } from '../../model/pipeline.js'
import type { TableDefinition } from './tableDefinition.js'

/** What is counted by day: its name in every pipeline, and the role of the column it comes from. */
export const MEASURES = [
  { name: 'fans', role: 'followers', what: 'Followers' },
  { name: 'engagement', role: 'engagement', what: 'Engagement (likes and the like) of all posts' },
  { name: 'posts', role: 'posts', what: 'Posts' },
] as const satisfies readonly { name: string; role: Role; what: string }[]

/** Spans over which a creator's change is kept, in days; the day compared with may lie `slack` days further back. */
export const SPANS = [
  { days: 7, slack: 2 },
  { days: 30, slack: 7 },
] as const

/** The column of `creator_counters` with a role, or undefined where this pipeline counts no such thing. */
export function seriesColumnOf(pipeline: Pipeline, role: Role): string | undefined {
  const name = columnOf(pipeline, role)
  const type = role === 'tier' ? 'text' : 'count'
  return seriesColumns(pipeline).find(([each, column]) => each === name && column.type === type)?.[0]
}

/** What `creator_days` is made from: when this changes, it is made anew. */
export function dailySources({ timeZone, ...pipeline }: Pipeline): Record<string, string | null> {
  const sources = [...MEASURES, { name: 'tier', role: 'tier' } as const].map(
    ({ name, role }) => [name, seriesColumnOf({ timeZone, ...pipeline }, role) ?? null] as const,
  )
  return { time_zone: timeZone, ...Object.fromEntries(sources) }
}

/** One row a creator and day, and one row a creator: what growth is read from in no time. Both follow from `creator_counters` alone. */
export function dayTables({ timeZone }: Pipeline): TableDefinition[] {
  const measured = MEASURES.flatMap(({ name, what }) => [
    { name, type: 'BIGINT', description: `${what} in the last profile of that day.` } as const,
    {
      name: `${name}_change`,
      type: 'BIGINT',
      description: `Difference to previous_day, however long ago that is; NULL if either is unknown.`,
    } as const,
  ])
  return [
    {
      name: 'creator_days',
      description: `One row a creator and day (${timeZone}) on which a profile was received; the last one of the day counts. Key: user_id, observed_day.`,
      columns: [
        { name: 'user_id', type: 'VARCHAR', description: 'The creator.' },
        { name: 'observed_day', type: 'DATE', description: `The day, in ${timeZone}.` },
        { name: 'previous_day', type: 'DATE', description: 'The last day before with a profile; NULL on the first.' },
        { name: 'tier', type: 'VARCHAR', description: 'Tier on that day.' },
        ...measured,
      ],
    },
    {
      name: 'creator_recent',
      description: `One row a creator that ever had a profile: the last day with one, and what changed since earlier ones. Key: user_id.`,
      columns: [
        { name: 'user_id', type: 'VARCHAR', description: 'The creator.' },
        { name: 'observed_day', type: 'DATE', description: `The last day with a profile, in ${timeZone}.` },
        { name: 'previous_day', type: 'DATE', description: 'The last day before with a profile; NULL if none.' },
        ...MEASURES.map(({ name, what }) => {
          return { name, type: 'BIGINT', description: `${what} in the last profile.` } as const
        }),
        {
          name: 'fans_change_1d',
          type: 'BIGINT',
          description: 'Difference of fans to the day before observed_day; NULL if there is no profile of that day.',
        },
        ...SPANS.flatMap(({ days, slack }) => [
          {
            name: `fans_change_${days}d`,
            type: 'BIGINT',
            description: `Difference of fans to the last profile ${days} to ${days + slack} days before observed_day; NULL if there is none.`,
          } as const,
          {
            name: `days_${days}d`,
            type: 'BIGINT',
            description: `How many days that difference spans; NULL if there is none.`,
          } as const,
        ]),
      ],
    },
  ]
}
