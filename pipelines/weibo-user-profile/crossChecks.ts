import type { Anomaly, Row } from '../../src/model/pipeline.js'
import { countOf, countsAgree, sumOfCounts } from '../counts.js'

/** Numbers that the upstream gives twice and that differ by more than rounding. It is not known which one is right. */
export function check(row: Row, profile: Readonly<Record<string, unknown>>): readonly Anomaly[] {
  const anomalies: Anomaly[] = []
  const compare = (column: string, shown: ReturnType<typeof countOf>, other: ReturnType<typeof countOf>): void => {
    if (shown && other && !countsAgree(shown, other))
      anomalies.push({ kind: 'counts_disagree', column, detail: `${shown.value}, elsewhere ${other.value}` })
  }
  compare('followers_count', countOf(profile['followers_count']), countOf(profile['followers_count_str']))
  const [likes, comments, reposts] = ['like', 'comment', 'repost'].map((name) =>
    countOf(row[`status_total_counter_${name}_cnt`]),
  )
  compare(
    'engagement',
    countOf(row['status_total_counter_total_cnt']),
    sumOfCounts(sumOfCounts(likes, comments), reposts),
  )
  return anomalies
}
