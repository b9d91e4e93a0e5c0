import type { Anomaly, Row } from '../../src/model/pipeline.js'
import { readNumber, type NumberText } from '../../src/model/readNumber.js'
import { countOf, countsAgree, sumOfCounts } from '../counts.js'

type NamedNumber = readonly [label: string, number: NumberText | undefined]

const FANS = /粉丝\s*[::]\s*(\S{1,40})/
const LIKES_AND_COLLECTS = /获赞与收藏\s*[::]\s*(\S{1,40})/

/** A number in the text of the share card: "粉丝: 2.1万". */
function numberInText(text: string, pattern: RegExp): NumberText | undefined {
  const match = pattern.exec(text)
  return match ? readNumber(match[1]!) : undefined
}

function field(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[key] : undefined
}

/** Numbers that the upstream gives twice and that differ by more than rounding. It is not known which one is right. */
export function check(_row: Row, profile: Readonly<Record<string, unknown>>): readonly Anomaly[] {
  const anomalies: Anomaly[] = []
  function compare(kind: string, column: string, first: NamedNumber, second: NamedNumber): void {
    const [firstLabel, a] = first
    const [secondLabel, b] = second
    if (!a || !b || countsAgree(a, b)) return
    anomalies.push({
      kind,
      column,
      detail: `${firstLabel} ${a.value}, ${secondLabel} ${b.value}${b.step > 1n ? ' (rounded)' : ''}`,
    })
  }

  const fans = countOf(profile['fans'])
  const likesAndCollects = sumOfCounts(countOf(profile['liked']), countOf(profile['collected']))
  const list = profile['interactions']
  const entries: unknown[] = Array.isArray(list) ? list : []
  const interaction = countOf(
    field(
      entries.find((entry) => field(entry, 'type') === 'interaction'),
      'count',
    ),
  )
  const posted = countOf(field(profile['note_num_stat'], 'posted'))
  const card = field(profile['share_info_v2'], 'content')
  const text = typeof card === 'string' ? card : ''

  compare(
    'counts_disagree',
    'interactions_interaction_count',
    ['liked + collected', likesAndCollects],
    ['shown', interaction],
  )
  compare('counts_disagree', 'note_num_stat_posted', ['ndiscovery', countOf(profile['ndiscovery'])], ['posted', posted])
  compare('share_text_disagrees', 'fans', ['fans', fans], ['share text', numberInText(text, FANS)])
  compare(
    'share_text_disagrees',
    'likes_and_collects',
    ['liked + collected', likesAndCollects],
    ['share text', numberInText(text, LIKES_AND_COLLECTS)],
  )
  return anomalies
}
