import { all } from '../../core/duckdb.js'
import { count, plural, type Count } from '../../core/text.js'
import { changeBar } from '../charts/bars.js'
import { scaleOf, type Scale } from '../charts/scale.js'
import { dataTable } from '../dataTable.js'
import { changePercent, compactNumber, sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import type { ListFigures } from '../listFigures.js'
import type { GrowthPeriod, ReportSource } from '../source.js'

const TEXT = {
  title: (lists: number) => `${plural(lists, 'list')} compared`,
  largest: (list: string, fans: string) => `${list} is the largest list: ${fans} followers`,
  table: 'Lists compared',
  list: 'List',
  creators: 'Creators',
  followers: 'Followers',
  median: 'Median',
  perPost: 'Engagement per post',
  growth: (days: number) => `Change in ${plural(days, 'day')}`,
  lead: 'Creators with a profile. The change is over the creators known at both ends.',
  noOverlap: 'No creator is in two lists',
  overlap: (list: string, other: string, creators: number) =>
    `${list} and ${other} share ${plural(creators, 'creator')}`,
  overlapTable: 'Creators in two lists',
  and: 'and',
  both: 'In both',
  shareOf: 'Share of the first',
  shareOfOther: 'Share of the second',
  common: 'Followers in common',
  morePairs: (pairs: number) => `${plural(pairs, 'more pair')}: see view list_overlap.`,
  moreLists: (lists: number) => `${plural(lists, 'more list')}: see view list_overview.`,
}

const MOST_LISTS = 30
const MOST_PAIRS = 10
/** A change below this looks small. */
const LEAST_SCALE = 0.01

interface Pair {
  readonly list: string
  readonly other_list: string
  readonly common_ids: number
  readonly common_share: number
  readonly other_share: number
  readonly common_fans: Count | null
}

/** The lists side by side, and whom they share; nothing when there are not at least two. */
export async function listsSection(source: ReportSource, lists: readonly ListFigures[]): Promise<Html | false> {
  if (lists.length < 2) return false
  const { period } = source.people
  const pairs = await overlaps(source)
  const shown = lists.slice(0, MOST_LISTS)
  const { list, fans } = lists[0]!
  const title = fans === null ? TEXT.title(lists.length) : TEXT.largest(list, compactNumber(fans))
  return html`<section id="lists">
    <h2>${title}</h2>
    <p class="lead">${TEXT.lead}</p>
    ${compared(shown, period)}
    ${lists.length > shown.length && html`<p class="fine">${TEXT.moreLists(lists.length - shown.length)}</p>`}
    ${overlapBlock(pairs)}
  </section>`
}

/** The pairs with common ids, each once: the longer share is that of the first list. */
async function overlaps({ connection }: ReportSource): Promise<Pair[]> {
  return all<Pair>(
    connection,
    `WITH o AS MATERIALIZED (SELECT * FROM list_overlap)
    SELECT a.list, a.other_list, a.common_ids, a.common_share, b.common_share AS other_share, a.common_fans
    FROM o AS a JOIN o AS b ON b.list = a.other_list AND b.other_list = a.list
    WHERE (a.common_share, b.list) > (b.common_share, a.list)
    ORDER BY a.common_ids DESC, a.list, a.other_list`,
  )
}

function compared(lists: readonly ListFigures[], period: GrowthPeriod | undefined): Html {
  const scale = scaleOf(
    lists.map(({ growth }) => growth ?? 0),
    LEAST_SCALE,
  )
  const titles = [
    TEXT.list,
    { number: TEXT.creators },
    { number: TEXT.followers },
    { number: TEXT.median },
    { number: TEXT.perPost },
    ...(period === undefined ? [] : [{ number: TEXT.growth(period) }, '']),
  ]
  const line = (each: ListFigures) =>
    html`<tr>
      <th scope="row"><bdi>${each.list}</bdi></th>
      <td class="n">${count(each.creators)}</td>
      <td class="n">${compactNumber(each.fans)}</td>
      <td class="n">${count(each.medianFans)}</td>
      <td class="n">${compactNumber(each.medianPerPost)}</td>
      ${period !== undefined && growthCells(each, scale)}
    </tr>`
  return dataTable(TEXT.table, titles, lists.map(line))
}

function growthCells({ growth }: ListFigures, scale: Scale): Html {
  return html`<td class="n">${changePercent(growth)}</td>
    <td class="bar">${growth !== null && changeBar(growth, scale)}</td>`
}

function overlapBlock(pairs: readonly Pair[]): Html {
  const [first] = pairs
  if (!first) return html`<h3>${TEXT.noOverlap}</h3>`
  const titles = [
    TEXT.list,
    TEXT.and,
    { number: TEXT.both },
    { number: TEXT.shareOf },
    { number: TEXT.shareOfOther },
    { number: TEXT.common },
  ]
  const line = (pair: Pair) =>
    html`<tr>
      <th scope="row"><bdi>${pair.list}</bdi></th>
      <td><bdi>${pair.other_list}</bdi></td>
      <td class="n">${count(pair.common_ids)}</td>
      <td class="n">${sharePercent(pair.common_share)}</td>
      <td class="n">${sharePercent(pair.other_share)}</td>
      <td class="n">${compactNumber(pair.common_fans)}</td>
    </tr>`
  return html`<h3>${TEXT.overlap(first.list, first.other_list, first.common_ids)}</h3>
    ${dataTable(TEXT.overlapTable, titles, pairs.slice(0, MOST_PAIRS).map(line))}
    ${pairs.length > MOST_PAIRS && html`<p class="fine">${TEXT.morePairs(pairs.length - MOST_PAIRS)}</p>`}`
}
