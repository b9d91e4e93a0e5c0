import type { Pipeline } from '../../../model/pipeline.js'
import { MEASURES } from '../dayTables.js'
import type { ViewColumn, ViewDefinition } from './viewDefinition.js'

const DAYS = '(d.observed_day - d.previous_day)'

/** What changed from one observed day to the next; a change over a gap is never told as that of one day. */
export function creatorGrowthDaily({ timeZone }: Pipeline): ViewDefinition {
  return {
    name: 'creator_growth_daily',
    description:
      'A row for each creator and day with an observation; the last one of a day counts. Key: user_id, observed_day.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The creator.', sql: 'd.user_id' },
      { name: 'observed_day', type: 'DATE', description: `The day, in ${timeZone}.`, sql: 'd.observed_day' },
      {
        name: 'previous_day',
        type: 'DATE',
        description: 'The last day before with an observation; NULL on the first.',
        sql: 'd.previous_day',
      },
      {
        name: 'days_since_previous',
        type: 'INTEGER',
        description: 'Days from one to the other: 1 if none was missed; NULL on the first.',
        sql: DAYS,
      },
      { name: 'tier', type: 'VARCHAR', description: 'Size class by followers on that day.', sql: 'd.tier' },
      ...MEASURES.flatMap(({ name, what }): ViewColumn[] => [
        { name, type: 'BIGINT', description: `${what} at the last observation of the day.`, sql: `d.${name}` },
        {
          name: `${name}_change`,
          type: 'BIGINT',
          description: 'Change since previous_day, however many days that is.',
          sql: `d.${name}_change`,
        },
        {
          name: `${name}_change_1d`,
          type: 'BIGINT',
          description: 'Change on this one day; NULL unless days_since_previous is 1.',
          sql: `CASE WHEN ${DAYS} = 1 THEN d.${name}_change END`,
        },
        {
          name: `${name}_change_per_day`,
          type: 'DOUBLE',
          description: 'Average change a day since previous_day.',
          sql: `CAST(d.${name}_change AS DOUBLE) / ${DAYS}`,
        },
      ]),
    ],
    from: 'creator_days AS d',
  }
}
