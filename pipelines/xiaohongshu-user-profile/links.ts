import type { ParsedId } from '../../src/model/pipeline.js'
import { reject } from './reject.js'
import { parseToken } from './token.js'

/** The kind of input that is a short link. */
export const SHORT_LINK = 'short_link'

/**
 * A link with or without a scheme. It ends before a blank, a Chinese character or a comma. Chinese characters inside a link,
 * such as a search word in its query, belong to it if a `&`, `=`, `/`, `?` or `#` follows them.
 */
export const LINK =
  /(?:[a-z]{2,20}(?::\/\/|%(?:25)*3a%(?:25)*2f)|(?<![\w.-])(?:[\w-]{1,63}\.){1,4}(?:com|cn|hk|net)(?=[/?#:]))[\w\-./?#%&=:;@+~!$*()]*(?:(?:(?![\s\p{P}])[\u0080-\u{10ffff}])+[\w%~-]*[&=/?#][\w\-./?#%&=:;@+~!$*()]*)*/giu
const SITE = /(?:^|[/.@])(?:xiaohongshu|rednote)\.com(?![\w.-])/i
const SHORT = /(?:^|[/.])(xhslink\.(?:com|cn))(?![\w.-])(?::\d+)?((?:\/[\w-]+)*)/i
/** The path of a person: the profile, or the page of the advertising marketplace. */
const PROFILE_PATH = /\/(?:user\/profile|blogger-detail)\/([^\s/?#&\u0080-\uffff]*)/i
const APP = /(?:^|[=/?&])xhsdiscover:/i
const APP_USER = /\/user\/(?:user\.)?([0-9a-z]{24})(?![0-9a-z])|[?&](?:target_?id|user_?id)=([0-9a-z]{24})(?![0-9a-z])/i
/** Characters at the end that belong to the sentence around a link. */
const TRAILING = /(?:%20|[^0-9a-z])+$/i
const NOTE_PATH = /\/(?:explore|discovery\/item|item|note|search_result)\//i

/** What each link in a text holds: the user id, or the reason why there is none. */
export function linksIn(text: string): ParsedId[] {
  return [...text.matchAll(LINK)].map(([link]) => parseLink(decodedLink(link)))
}

function parseLink(url: string): ParsedId {
  const short = SHORT.exec(url)
  if (short) return shortLink(short[1]!, short[2]!)
  const app = APP.test(url)
  if (!app && !SITE.test(url)) return reject('link_without_user')
  const path = PROFILE_PATH.exec(url)
  if (path) return parseToken(path[1]!.replace(TRAILING, ''))
  const user = app ? APP_USER.exec(url) : null
  if (user) return parseToken((user[1] ?? user[2])!)
  return reject(NOTE_PATH.test(url) ? 'note_without_user' : 'link_without_user')
}

/** Scheme, `www.` and query do not change where a short link leads to. */
function shortLink(host: string, path: string): ParsedId {
  if (path === '') return reject('short_link')
  return reject('short_link', { kind: SHORT_LINK, input: `https://${host.toLowerCase()}${path}` })
}

/** A link without its percent codes. A link inside a link, as in a redirect, is encoded once more for each link around it. */
export function decodedLink(link: string): string {
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
