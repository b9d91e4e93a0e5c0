import type { ParsedId, RejectedId } from '../../src/model/pipeline.js'
import type { Resolvable } from '../../src/model/resolver.js'
import { labelledHandle, withoutHandleLabel } from './handles.js'
import { decodedLink, LINK, linksIn } from './links.js'
import { reject } from './reject.js'
import { BARE_ID, parseToken } from './token.js'

/** Share texts are short, so a longer cell is rejected without a search. */
const MAX_CELL_LENGTH = 4096

/** Invisible characters that copying adds: controls and format characters (zero-width, direction, soft hyphen, byte order mark). */
const INVISIBLE = /\p{Cf}|(?!\s)\p{Cc}/gu
const EMPTY = /^(?:null|none|nan|n\/a|#n\/a|nil|undefined|无|暂无|[-–—'"]+)?$/i
/** What people write before an id. */
const LABEL = /^["'\s]*(?:(?:小红书)?(?:用户|达人|博主|作者|账号)?id|user_?id)\s*[:=]?/i
/** Characters before a hex number that are searched for its label. */
const LONGEST_LABEL = 64
/** Not before a decimal point, because a spreadsheet wrote digits with a decimal point. */
const ID = /(?<![0-9a-z])[0-9a-f]{24}(?![0-9a-z]|\.\d)/gi
/** The places where a cell calls a hex number a note: in a note's link, after the author of a note, behind a label. */
const NOTES = [
  /(?<![a-z\d-])(?:explore|discovery\/item|item|notes?|search_result)\/\s*([0-9a-f]{24})(?![0-9a-z])/gi,
  /\/user\/profile\/[0-9a-f]{24}\/([0-9a-f]{24})(?![0-9a-z])/gi,
  /(?:作品|笔记|帖子|视频|文章|图文|note|item|feed|post)[\s_-]*(?:id|编号|号)?["'\s\])】]*[:=]?["'\s([【]*([0-9a-f]{24})(?![0-9a-z])/gi,
]
/** The place before a hex number that is neither a person nor a note: a value of a query, the person who shared the link, another label. */
const OTHER_VALUE =
  /(?:[?&](?!(?:user|target)_?id=)[\w.-]+=|(?:app_?uid|share_?id|sid|token)["'\s]*[:=]["'\s]*|(?:评论|商品|店铺|订单|直播间?|房间|话题|专辑|(?<![a-z])(?:comment|goods|product|shop|store|order|live|room|topic|board|album))[\s_-]*(?:id|编号|号)["'\s]*[:=]?["'\s]*)$/i

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

  const links = linksIn(text)
  const readable = text.replace(LINK, decodedLink)
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
  const handle = labelledHandle(rest)
  const rejected =
    rejects.find(({ reason }) => reason !== 'link_without_user') ??
    (notes.size > 0 ? reject('note_without_user') : rejects[0])
  if (rejected) return resolvable(rejected, rejects, handle)
  const parsed = parseToken(withoutHandleLabel(text.replace(/^["'\s]+|["'\s,;]+$/g, '')))
  return handle && 'reason' in parsed ? reject('red_id', handle) : parsed
}

/** With what finds the id: a single link, else a labelled 小红书号. */
function resolvable(rejected: RejectedId, rejects: readonly RejectedId[], handle: Resolvable | undefined): RejectedId {
  const inputs = new Map(rejects.flatMap(({ resolve }) => (resolve ? [[resolve.input, resolve]] : [])))
  const [only] = inputs.values()
  const resolve = inputs.size > 1 ? undefined : (only ?? handle)
  const { reason, remedy } = rejected
  return resolve ? { reason, remedy, resolve } : { reason, remedy }
}
