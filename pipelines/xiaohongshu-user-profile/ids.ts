import type { ParsedId } from '../../src/model/pipeline.js'

/** Share texts are short, so a longer cell is rejected without a search. */
const MAX_CELL_LENGTH = 4096

const REMEDIES = {
  empty: 'fill in the user id or the profile link',
  too_long: 'put one user id or profile link into the cell',
  several_ids: 'put one user id into each row',
  short_link: 'open the short link in a browser and paste the profile address it leads to',
  note_without_user: "paste the link of the author's profile; a note's link carries no user id",
  link_without_user: 'paste the link of the profile; it has /user/profile/ and 24 hex digits in it',
  red_id: 'a 小红书号 is not a user id: paste the link of the profile',
  ruined_number:
    'a spreadsheet turned the id into a number and lost its digits: format the column as text and paste it again',
  wrong_length: 'a user id has 24 hex digits: copy it whole',
  not_an_id: 'give the user id (24 hex digits) or the link of the profile',
} as const

export type RejectReason = keyof typeof REMEDIES

function reject(reason: RejectReason): ParsedId {
  return { reason, remedy: REMEDIES[reason] }
}

/** Invisible characters that copying adds: controls and format characters (zero-width, direction, soft hyphen, byte order mark). */
const INVISIBLE = /\p{Cf}|(?!\s)\p{Cc}/gu
const EMPTY = /^(?:null|none|nan|n\/a|#n\/a|nil|undefined|无|暂无|[-–—'"]+)?$/i
/** What people write before an id. */
const LABEL = /^["'\s]*(?:(?:小红书)?(?:用户|达人|博主|作者|账号)?id|user_?id)\s*[:=]?/i
const BARE_ID = /^[0-9a-f]{24}$/i
/** Characters before a hex number that are searched for its label. */
const LONGEST_LABEL = 64
/** Not before a decimal point, because a spreadsheet wrote digits with a decimal point. */
const ID = /(?<![0-9a-z])[0-9a-f]{24}(?![0-9a-z]|\.\d)/gi
/**
 * A link with or without a scheme. It ends before a blank, a Chinese character or a comma. Chinese characters inside a link,
 * such as a search word in its query, belong to it if a `&`, `=`, `/`, `?` or `#` follows them.
 */
const LINK =
  /(?:[a-z]{2,20}(?::\/\/|%(?:25)*3a%(?:25)*2f)|(?<![\w.-])(?:[\w-]{1,63}\.){1,4}(?:com|cn|hk|net)(?=[/?#:]))[\w\-./?#%&=:;@+~!$*()]*(?:(?:(?![\s\p{P}])[\u0080-\u{10ffff}])+[\w%~-]*[&=/?#][\w\-./?#%&=:;@+~!$*()]*)*/giu
const SITE = /(?:^|[/.@])(?:xiaohongshu|rednote)\.com(?![\w.-])/i
const SHORT = /(?:^|[/.])xhslink\.(?:com|cn)(?![\w.-])/i
/** The path of a person: the profile, or the page of the advertising marketplace. */
const PROFILE_PATH = /\/(?:user\/profile|blogger-detail)\/([^\s/?#&\u0080-\uffff]*)/i
const APP = /(?:^|[=/?&])xhsdiscover:/i
const APP_USER = /\/user\/(?:user\.)?([0-9a-z]{24})(?![0-9a-z])|[?&](?:target_?id|user_?id)=([0-9a-z]{24})(?![0-9a-z])/i
/** Characters at the end that belong to the sentence around a link. */
const TRAILING = /(?:%20|[^0-9a-z])+$/i
const NOTE_PATH = /\/(?:explore|discovery\/item|item|note|search_result)\//i
/** The places where a cell calls a hex number a note: in a note's link, after the author of a note, behind a label. */
const NOTES = [
  /\/(?:explore|discovery\/item|item|notes?|search_result)\/\s*([0-9a-f]{24})(?![0-9a-z])/gi,
  /\/user\/profile\/[0-9a-f]{24}\/([0-9a-f]{24})(?![0-9a-z])/gi,
  /(?:作品|笔记|帖子|视频|文章|图文|note|item|feed|post)[\s_-]*(?:id|编号|号)?["'\s\])】]*[:=]?["'\s([【]*([0-9a-f]{24})(?![0-9a-z])/gi,
]
/** The place before a hex number that is neither a person nor a note: a value of a query, or the person who shared the link. */
const OTHER_VALUE = /(?:[?&](?!(?:user|target)_?id=)[\w.-]+=|(?:app_?uid|share_?id|sid|token)["'\s]*[:=]["'\s]*)$/i

/** The user id in one decoded link, or the reason why there is none. */
function parseLink(url: string): ParsedId {
  if (SHORT.test(url)) return reject('short_link')
  const app = APP.test(url)
  if (!app && !SITE.test(url)) return reject('link_without_user')
  const path = PROFILE_PATH.exec(url)
  if (path) return parseToken(path[1]!.replace(TRAILING, ''))
  const user = app ? APP_USER.exec(url) : null
  if (user) return parseToken((user[1] ?? user[2])!)
  return reject(NOTE_PATH.test(url) ? 'note_without_user' : 'link_without_user')
}

/** The id that one token should be, or the reason why it is not. */
function parseToken(token: string): ParsedId {
  if (BARE_ID.test(token)) {
    // A double keeps at most 17 digits, so a spreadsheet writes zeros after them.
    return /^\d{15,17}0{7,9}$/.test(token) ? reject('ruined_number') : { id: token.toLowerCase() }
  }
  if (/^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i.test(token)) return reject('ruined_number')
  if (/^\d{9,11}(?:\.0*)?$/.test(token)) return reject('red_id')
  // A shorter number, such as the uid of another site, is too short to be what is left of an id.
  if (/^\d{20,}(?:\.\d*)?$/.test(token) || /^\d{1,3}(?:,\d{3}){6,}(?:\.\d*)?$/.test(token))
    return reject('ruined_number')
  if (/^(?=.*[a-f])[0-9a-f]{16,}$/i.test(token)) return reject('wrong_length')
  if (/^(?=.*[a-z_-])[\w.-]{6,15}$/i.test(token)) return reject('red_id')
  return reject('not_an_id')
}

/** A link without its percent codes. A link inside a link, as in a redirect, is encoded once more for each link around it. */
function decoded(link: string): string {
  let text = link
  for (let round = 0; round < 4 && text.includes('%'); round += 1) {
    text = text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
      try {
        return decodeURIComponent(codes)
      } catch {
        return codes
      }
    })
  }
  return text
}

/**
 * Reads what people paste for a creator: a bare id in any case, profile and app links of xiaohongshu.com and rednote.com,
 * also inside share text or another link. Full-width and invisible characters do no harm. A link to a note under a profile gives the note's
 * author. An id that the cell also calls a note is not a user. Any other cell gives a reason and a remedy.
 */
export function parseId(cell: string): ParsedId {
  // Nearly all cells are bare ids. The search below takes twenty times as long.
  if (BARE_ID.test(cell)) return parseToken(cell)
  if (cell.length > MAX_CELL_LENGTH) return reject('too_long')
  const text = cell.normalize('NFKC').replace(INVISIBLE, '').trim()
  if (EMPTY.test(text)) return reject('empty')

  // Without a letter it may be two numbers.
  const joined = text.replace(LABEL, '').replace(/[\s"'=]+/g, '')
  if (BARE_ID.test(joined) && /[a-f]/i.test(joined)) return parseToken(joined)

  const links = [...text.matchAll(LINK)].map(([link]) => parseLink(decoded(link)))
  const readable = text.replace(LINK, decoded)
  const notes = new Set(NOTES.flatMap((note) => [...readable.matchAll(note)].map((match) => match[1]!.toLowerCase())))
  const rest = text.replace(LINK, ' ')
  const bare = [...rest.matchAll(ID)]
    .filter(({ index }) => !OTHER_VALUE.test(rest.slice(Math.max(0, index - LONGEST_LABEL), index)))
    .map(([token]) => parseToken(token))
  const ids = [...links, ...bare].flatMap((parsed) => ('id' in parsed ? [parsed.id] : []))
  const found = new Set(ids.filter((id) => !notes.has(id)))
  if (found.size > 1) return reject('several_ids')
  for (const id of found) return { id }

  // The most specific reason: first that of a link, then that of the whole text.
  const rejects = [...links, ...bare].filter((parsed) => 'reason' in parsed)
  const telling = rejects.find(({ reason }) => reason !== 'link_without_user')
  if (telling) return telling
  if (notes.size > 0) return reject('note_without_user')
  if (rejects[0]) return rejects[0]
  return parseToken(
    text.replace(/^["'\s]+|["'\s,;]+$/g, '').replace(/^(?:小红书号|小红书id|红书号|red_?id)\s*[::]?\s*/i, ''),
  )
}
