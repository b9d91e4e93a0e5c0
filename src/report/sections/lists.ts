import { all } from '../../core/duckdb.js'
import { count, type Count } from '../../core/text.js'
import type { Language } from '../../model/language.js'
import { changeBar } from '../charts/bars.js'
import { scaleOf, type Scale } from '../charts/scale.js'
import { dataTable } from '../dataTable.js'
import { changePercent, compactNumber, sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import type { ListFigures } from '../listFigures.js'
import type { ReportSource } from '../source.js'
import { listsSectionText } from '../text/listsSectionText.js'

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
  const { lang } = source
  const text = listsSectionText[lang]
  const pairs = await overlaps(source)
  const shown = lists.slice(0, MOST_LISTS)
  const { list, fans } = lists[0]!
  const title = fans === null ? text.title(lists.length) : text.largest(list, compactNumber(fans, lang))
  return html`<section id="lists">
    <h2>${title}</h2>
    <p class="lead">${text.lead}</p>
    ${compared(shown, source)}
    ${lists.length > shown.length && html`<p class="fine">${text.moreLists(lists.length - shown.length)}</p>`}
    ${overlapBlock(pairs, lang)}
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

function compared(lists: readonly ListFigures[], { people: { period }, lang, words }: ReportSource): Html {
  const text = listsSectionText[lang]
  const scale = scaleOf(
    lists.map(({ growth }) => growth ?? 0),
    LEAST_SCALE,
  )
  const titles = [
    text.list,
    { number: text.creators },
    { number: text.followers },
    { number: text.median },
    { number: words.labels?.engagement_per_post ?? text.perPost },
    ...(period === undefined ? [] : [{ number: text.growth(period) }, '']),
  ]
  const line = (each: ListFigures) =>
    html`<tr>
      <th scope="row"><bdi>${each.list}</bdi></th>
      <td class="n">${count(each.creators)}</td>
      <td class="n">${compactNumber(each.fans, lang)}</td>
      <td class="n">${count(each.medianFans)}</td>
      <td class="n">${compactNumber(each.medianPerPost, lang)}</td>
      ${period !== undefined && growthCells(each, scale)}
    </tr>`
  return dataTable(text.table, titles, lists.map(line))
}

function growthCells({ growth }: ListFigures, scale: Scale): Html {
  return html`<td class="n">${changePercent(growth)}</td>
    <td class="bar">${growth !== null && changeBar(growth, scale)}</td>`
}

function overlapBlock(pairs: readonly Pair[], lang: Language): Html {
  const text = listsSectionText[lang]
  const [first] = pairs
  if (!first) return html`<h3>${text.noOverlap}</h3>`
  const titles = [
    text.list,
    text.and,
    { number: text.both },
    { number: text.shareOf },
    { number: text.shareOfOther },
    { number: text.common },
  ]
  const line = (pair: Pair) =>
    html`<tr>
      <th scope="row"><bdi>${pair.list}</bdi></th>
      <td><bdi>${pair.other_list}</bdi></td>
      <td class="n">${count(pair.common_ids)}</td>
      <td class="n">${sharePercent(pair.common_share)}</td>
      <td class="n">${sharePercent(pair.other_share)}</td>
      <td class="n">${compactNumber(pair.common_fans, lang)}</td>
    </tr>`
  return html`<h3>${text.overlap(first.list, first.other_list, first.common_ids)}</h3>
    ${dataTable(text.overlapTable, titles, pairs.slice(0, MOST_PAIRS).map(line))}
    ${pairs.length > MOST_PAIRS && html`<p class="fine">${text.morePairs(pairs.length - MOST_PAIRS)}</p>`}`
}
