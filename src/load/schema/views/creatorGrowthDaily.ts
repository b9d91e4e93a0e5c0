import type { Pipeline } from '../../../model/pipeline.js'
import { MEASURES } from '../dayTables.js'
import { tierRankColumn, tierText, type ViewColumn, type ViewDefinition } from '../definition.js'

const DAYS = '(d.observed_day - d.previous_day)'

/** The changes from one observed day to the next. A change over a gap never counts as the change of one day. */
export function creatorGrowthDaily(pipeline: Pipeline): ViewDefinition {
  const { timeZone } = pipeline
  return {
    name: 'creator_growth_daily',
    description:
      'One row for each creator and day with a profile; the last profile of the day counts. Key: user_id, observed_day.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The creator.', sql: 'd.user_id' },
      { name: 'observed_day', type: 'DATE', description: `The day, in ${timeZone}.`, sql: 'd.observed_day' },
      {
        name: 'previous_day',
        type: 'DATE',
        description: 'The last earlier day with a profile; NULL on the first day.',
        sql: 'd.previous_day',
      },
      {
        name: 'days_since_previous',
        type: 'INTEGER',
        description: 'Days since previous_day: 1 if no day was missed; NULL on the first day.',
        sql: DAYS,
      },
      { name: 'tier', type: 'VARCHAR', description: tierText(pipeline, 'Size class on that day.'), sql: 'd.tier' },
      tierRankColumn(pipeline, 'd.tier'),
      ...MEASURES.flatMap(({ name, what }): ViewColumn[] => [
        { name, type: 'BIGINT', description: `${what} in the last profile of the day.`, sql: `d.${name}` },
        {
          name: `${name}_change`,
          type: 'BIGINT',
          description: 'Change since previous_day, however long ago that day is.',
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
          description: 'Average change per day since previous_day.',
          sql: `CAST(d.${name}_change AS DOUBLE) / ${DAYS}`,
        },
      ]),
    ],
    from: 'creator_days AS d',
  }
}
