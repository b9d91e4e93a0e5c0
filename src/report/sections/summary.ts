import { count, plural, type Count } from '../../core/text.js'
import { changePercent, compactChange, compactNumber, sharePercent } from '../figures.js'
import { html, type Html } from '../html.js'
import { growthOf, type ReportSource } from '../source.js'
import { tile } from '../tile.js'

const TEXT = {
  none: 'No profile has been received yet',
  noneLead: 'The report fills when the first profiles have arrived.',
  size: (creators: number, fans: string) => `${plural(creators, 'creator')} with ${fans} followers`,
  sizeLead: 'Growth appears when creators have been fetched on two days.',
  grew: (share: string, days: number) => `Followers grew by ${share} in ${plural(days, 'day')}`,
  fell: (share: string, days: number) => `Followers fell by ${share} in ${plural(days, 'day')}`,
  same: (days: number) => `The number of followers stayed the same for ${plural(days, 'day')}`,
  compared: (before: Count, after: number, creators: number) =>
    `From ${count(before)} to ${count(after)}, over the ${plural(creators, 'creator')} known on both days.`,
  left: (creators: number) =>
    `${plural(creators, 'other')}, new or not fetched in time, ${creators === 1 ? 'is' : 'are'} not in this figure.`,
  creators: 'Creators',
  allKnown: 'every id has a profile',
  known: (ids: number) => `with a profile, of ${plural(ids, 'id')}`,
  gone: (creators: number) => `${count(creators)} without a profile today`,
  followers: 'Followers',
  median: (median: number | null) => `median ${count(median)}`,
  growth: (days: number) => `Change in ${plural(days, 'day')}`,
  gained: 'Gained followers',
  gainedOf: (gained: number, compared: number) => `${count(gained)} of ${plural(compared, 'creator')}`,
  perPost: 'Engagement per post',
  perPostMore: 'median of the creators',
  inNoList: (creators: number) =>
    `${plural(creators, 'more creator')} with a profile, in no list any more, not counted here.`,
}

/** The finding in one line, and the figures behind it. */
export function summarySection(source: ReportSource): Html {
  const { people } = source
  const { listed, ids, active, fans, medianFans, medianPerPost, period, compared, gained } = people
  if (listed === 0) {
    return html`<section id="summary">
      <h2>${TEXT.none}</h2>
      <p class="empty">${TEXT.noneLead}</p>
    </section>`
  }
  const growth = growthOf(people)
  const [title, lead] = finding(source)
  const known = listed === ids ? TEXT.allKnown : TEXT.known(ids)
  return html`<section id="summary">
    <h2 class="finding">${title}</h2>
    <p class="lead">${lead}</p>
    <dl class="tiles">
      ${tile(TEXT.creators, count(listed), active === listed ? known : TEXT.gone(listed - active))}
      ${tile(TEXT.followers, compactNumber(fans), TEXT.median(medianFans))}
      ${growth !== null && tile(TEXT.growth(period!), compactChange(people.change), changePercent(growth))}
      ${growth !== null && tile(TEXT.gained, sharePercent(gained / compared), TEXT.gainedOf(gained, compared))}
      ${medianPerPost !== null && tile(TEXT.perPost, compactNumber(medianPerPost), TEXT.perPostMore)}
    </dl>
    ${people.creators > listed && html`<p class="fine">${TEXT.inNoList(people.creators - listed)}</p>`}
  </section>`
}

function finding({ people }: ReportSource): [title: string, lead: string] {
  const { period, before, listed, fans, compared } = people
  const growth = growthOf(people)
  if (growth === null) return [TEXT.size(listed, compactNumber(fans)), TEXT.sizeLead]
  const share = changePercent(Math.abs(growth)).replace(/^[+±]/, '')
  const title = growth === 0 ? TEXT.same(period!) : growth > 0 ? TEXT.grew(share, period!) : TEXT.fell(share, period!)
  const figures = TEXT.compared(before!, Number(before) + Number(people.change), compared)
  return [title, listed > compared ? `${figures} ${TEXT.left(listed - compared)}` : figures]
}
