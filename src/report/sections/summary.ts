import { count } from '../../core/text.js'
import { changePercent, compactChange, compactNumber, sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import { growthOf, type ReportSource } from '../source.js'
import { summarySectionText } from '../text/summarySectionText.js'
import { tile } from '../tile.js'

/** The finding in one line, and the figures behind it. */
export function summarySection(source: ReportSource): Html {
  const { people, lang, words } = source
  const text = summarySectionText[lang]
  const { listed, ids, active, fans, medianFans, medianPerPost, period, compared, gained } = people
  if (listed === 0) {
    return html`<section id="summary">
      <h2>${text.none}</h2>
      <p class="empty">${text.noneLead}</p>
    </section>`
  }
  const growth = growthOf(people)
  const [title, lead] = finding(source)
  const known = listed === ids ? text.allKnown : text.known(ids)
  return html`<section id="summary">
    <h2 class="finding">${title}</h2>
    <p class="lead">${lead}</p>
    <dl class="tiles">
      ${tile(text.creators, count(listed), active === listed ? known : text.gone(listed - active))}
      ${tile(text.followers, compactNumber(fans, lang), text.median(medianFans))}
      ${growth !== null && tile(text.growth(period!), compactChange(people.change, lang), changePercent(growth))}
      ${growth !== null && tile(text.gained, sharePercent(gained / compared), text.gainedOf(gained, compared))}
      ${medianPerPost !== null && tile(words.labels?.engagement_per_post ?? text.perPost, compactNumber(medianPerPost, lang), text.perPostMore)}
    </dl>
    ${people.creators > listed && html`<p class="fine">${text.inNoList(people.creators - listed)}</p>`}
  </section>`
}

function finding({ people, lang }: ReportSource): [title: string, lead: string] {
  const text = summarySectionText[lang]
  const { period, before, listed, fans, compared } = people
  const growth = growthOf(people)
  if (growth === null) return [text.size(listed, compactNumber(fans, lang)), text.sizeLead]
  const share = changePercent(Math.abs(growth)).replace(/^[+±]/, '')
  const title = growth === 0 ? text.same(period!) : growth > 0 ? text.grew(share, period!) : text.fell(share, period!)
  const figures = text.compared(before!, Number(before) + Number(people.change), compared)
  return [title, listed > compared ? figures + text.left(listed - compared) : figures]
}
