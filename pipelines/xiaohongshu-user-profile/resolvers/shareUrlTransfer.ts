import { isObject } from '../../../src/model/json.js'
import type { Resolved, Resolver } from '../../../src/model/resolver.js'
import { linksIn, SHORT_LINK } from '../links.js'
import { emptied, shapeOf } from './shape.js'

/** The key of one public consumer. No whole answer is published, so any text in the answer is searched, this one first. */
const KEY = 'redirect_url'

/** Just One API, "Xiaohongshu Share URL Transfer (V1)": where a short link leads to. Source: the vendor's definition, October 2026. */
export const shareUrlTransfer: Resolver = {
  endpoint: 'share-url-transfer',
  kind: SHORT_LINK,
  title: 'short link',
  columns: ['短链接', '短链', '小红书短链接', '小红书短链', '分享链接', 'short_link', 'short_url', 'share_url'],
  remedies: {
    note_without_user: "the short link leads to a note: paste the link of the author's profile",
    link_without_user: 'the short link leads to a page without a user: paste the link of the profile',
    not_found: 'the short link leads nowhere: paste the link of the profile',
  },
  price: 0.15,
  request: (input) => ({ path: '/api/xiaohongshu/share-url-transfer/v1', query: { shareUrl: input } }),
  read,
  withoutStrangers(data) {
    // A link names the person who shared it, too.
    const resolved = read(data)
    if (resolved.kind === 'found') return { [KEY]: `https://www.xiaohongshu.com/user/profile/${resolved.id}` }
    if (resolved.kind === 'miss') return { [KEY]: KEPT_OF_MISSES[resolved.reason] }
    return emptied(data)
  },
  simulatedData: async () => (await import('../simulated/transfer.js')).simulatedTransfer,
}

/** A link that is read as the same miss. */
const KEPT_OF_MISSES: Readonly<Record<string, string>> = {
  note_without_user: 'https://www.xiaohongshu.com/explore/',
  link_without_user: 'https://www.xiaohongshu.com/',
  not_found: '',
}

/** The user of the first profile link. A link to a note does not name its author. */
function read(data: unknown): Resolved {
  const texts = [...textsIn(data)]
  const links = texts.flatMap(linksIn)
  for (const link of links) if ('id' in link) return { kind: 'found', id: link.id }
  const reasons = links.flatMap((link) => ('reason' in link && link.reason !== SHORT_LINK ? [link.reason] : []))
  if (reasons.includes('note_without_user')) return { kind: 'miss', reason: 'note_without_user' }
  if (reasons.length > 0) return { kind: 'miss', reason: 'link_without_user' }
  if (isObject(data) && (data[KEY] === '' || data[KEY] === null)) return { kind: 'miss', reason: 'not_found' }
  return { kind: 'unreadable', found: `${shapeOf(data)} without a link` }
}

/** All texts in a value, those under the key first. */
function* textsIn(data: unknown): Generator<string> {
  if (isObject(data) && typeof data[KEY] === 'string') yield data[KEY]
  const values: unknown[] = [data]
  for (const value of values) {
    if (typeof value === 'string') yield value
    else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) values.push(each)
  }
}
