import type { ParsedId } from './pipeline.js'

/** The ids of an endpoint in cells, where they need no code of their own. */
export interface IdSyntax {
  /** Regular expression for the whole of an id: `[1-9]\\d{7,9}`. */
  readonly pattern: string
  /** Links that people keep, without scheme and `www.`, with `<id>` for the id: `example.com/u/<id>`. */
  readonly links?: readonly string[]
  /** How an id looks, for people: `user id (8 to 10 digits)`. */
  readonly looksLike: string
  /** Cells that people take for ids; the first pattern that is found in the cell gives the reason. */
  readonly others?: readonly OtherCell[]
}

export interface OtherCell {
  readonly pattern: RegExp
  /** In one word: `post_without_user`. */
  readonly reason: string
  readonly remedy: string
  /** The kind of the resolver that finds the id. Its input is the pattern's first group, or all that the pattern matches. */
  readonly resolve?: string
}

/** The reasons of cells that hold something of which the pipeline knows nothing. */
export const NOT_RECOGNISED: readonly string[] = ['not_an_id', 'link_without_user']

/** Longer cells are not searched. */
const MAX_LENGTH = 4096
/** Invisible characters that copying adds: controls, zero-width, direction, byte order mark. */
const INVISIBLE = /\p{Cf}|(?!\s)\p{Cc}/gu
const EMPTY = /^(?:null|none|nan|n\/a|#n\/a|nil|undefined|无|暂无|[-–—'"]+)?$/i
const AROUND = /^[\s="']+|["'\s,;，；]+$/g
/** What people write before an id: `uid:`, `用户ID=`. */
const LABEL = /^[\p{L}_ ]{0,20}id\s*[:=]\s*/iu
const EXPONENT = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i
/** A whole number as spreadsheets show it: with zeros behind a point, or with commas. */
const SHOWN_NUMBER = /^(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.0*)?$/
const LINK = /(?:^|[^a-z])(?:[a-z]{2,20}:\/\/|(?:[\w-]+\.)+[a-z]{2,6}\/)/i

/**
 * Makes the reader of cells for ids of this syntax: bare ids in any width of characters, also with a label or as a
 * spreadsheet shows a number, and links, also inside of share text or percent-encoded.
 * @throws SyntaxError if a pattern is not a regular expression
 */
export function idParser({ pattern, links = [], looksLike, others = [] }: IdSyntax): (cell: string) => ParsedId {
  const whole = new RegExp(`^(?:${pattern})$`)
  const linked = links.map((link) => linkPattern(link, pattern))
  const give = `give the ${looksLike}${links.length > 0 ? ' or the link of the profile' : ''}`

  return (cell) => {
    if (whole.test(cell)) return { id: cell }
    if (cell.length > MAX_LENGTH) return { reason: 'too_long', remedy: `${give}, and nothing else` }
    const text = cell.normalize('NFKC').replace(INVISIBLE, '').replace(AROUND, '')
    if (EMPTY.test(text)) return { reason: 'empty', remedy: give }
    const bare = text.replace(LABEL, '').replace(AROUND, '')
    for (const each of [bare, shownNumber(bare)]) if (each !== undefined && whole.test(each)) return { id: each }
    const readable = decoded(text)
    const found = new Set(linked.flatMap((link) => [...readable.matchAll(link)].map((match) => match[1]!)))
    if (found.size > 1) return { reason: 'several_ids', remedy: `${give} of one person only` }
    for (const id of found) return { id }
    for (const { pattern: shape, reason, remedy, resolve } of others) {
      const match = new RegExp(shape, shape.flags.replace(/[gy]/g, '')).exec(readable)
      if (!match) continue
      const input = match[1] ?? match[0]
      return { reason, remedy, ...(resolve !== undefined && { resolve: { kind: resolve, input } }) }
    }
    if (LINK.test(readable)) return { reason: 'link_without_user', remedy: `this link holds no id: ${give}` }
    if (EXPONENT.test(bare))
      return {
        reason: 'ruined_number',
        remedy:
          'a spreadsheet turned the id into a number and lost its digits: format the column as text and paste it again',
      }
    return { reason: 'not_an_id', remedy: give }
  }
}

/** @throws Error if the link does not hold `<id>` once */
function linkPattern(link: string, pattern: string): RegExp {
  const [before, after, ...more] = link.split('<id>')
  if (after === undefined || more.length > 0) throw new Error(`link ${link}: it needs <id> once`)
  return new RegExp(`(?<![\\w-])(?<!\\w\\.)(?:www\\.)?${escaped(before!)}(${pattern})(?![\\w-])${escaped(after)}`, 'g')
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

function shownNumber(text: string): string | undefined {
  return SHOWN_NUMBER.test(text) ? text.replace(/\.0*$/, '').replaceAll(',', '') : undefined
}

/** Without percent codes. A link inside a link is encoded once more for each link around it. */
function decoded(text: string): string {
  let plain = text
  for (let round = 0; round < 4 && plain.includes('%'); round += 1)
    plain = plain.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
      try {
        return decodeURIComponent(codes)
      } catch {
        return codes
      }
    })
  return plain
}
