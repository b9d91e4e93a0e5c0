import { arrays, quotedName, quotedText, type ReadCell } from '../core/duckdb.js'
import { ofRole } from '../load/schema/definition.js'
import type { Pipeline } from '../model/pipeline.js'
import { webAddress } from './html.js'
import { wordOf, type ReportSource } from './source.js'
import { creatorsSectionText } from './text/creatorsSectionText.js'

/** How a column is sorted and shown, here and in `browser/table.mjs`. */
export type CellKind = 'name' | 'number' | 'decimal' | 'change' | 'word' | 'words' | 'text'

export interface ShownColumn {
  readonly key: string
  readonly label: string
  readonly kind: CellKind
  /** The place of an own column in a row of the list's input. */
  readonly place?: number
}

/** The creators of the table, as columns of cells. A word is stored as its index in `words`. */
export interface CreatorTable {
  readonly columns: readonly ShownColumn[]
  readonly ids: readonly string[]
  /** The common start of all links, before the id; or each link. */
  readonly links: string | readonly (string | null)[]
  readonly cells: Readonly<Record<string, readonly unknown[]>>
  readonly words: Readonly<Record<string, readonly string[]>>
  /** Bio and tags, which are searched and not shown. */
  readonly about: readonly (string | null)[]
}

/** More rows are slow in a browser, and people do not read them. */
export const MOST_ROWS = 10_000

/** The one character that the name of a list cannot contain. */
const SEPARATOR = '\u001f'

/** Reads these columns of the creators with the most followers. */
export async function readCreatorTable(source: ReportSource, columns: readonly ShownColumn[]): Promise<CreatorTable> {
  const { connection, pipeline, list, lang } = source
  const cells: Record<string, unknown[]> = Object.fromEntries(columns.map(({ key }) => [key, []]))
  const places = new Map(columns.map(({ key }) => [key, new Map<string, number>()]))
  const ids: string[] = []
  const links: (string | null)[] = []
  const about: (string | null)[] = []
  const place = (key: string, word: string) => {
    const known = places.get(key)!
    if (!known.has(word)) known.set(word, known.size)
    return known.get(word)!
  }
  const valueOf = ({ key, kind }: ShownColumn, cell: ReadCell): unknown => {
    if (cell === null || cell === '') return null
    if (kind === 'word') {
      const word = String(cell)
      return place(
        key,
        key === 'status' ? (creatorsSectionText[lang].statuses[word] ?? word) : wordOf(source, key, word),
      )
    }
    if (kind === 'words')
      return String(cell)
        .split(SEPARATOR)
        .map((word) => place(key, word))
    return typeof cell === 'bigint' ? Number(cell) : cell
  }
  const own = columns.some((column) => column.place !== undefined)
  const sql = `SELECT p.user_id, ${ofRole(pipeline, 'profileUrl')}, concat_ws(chr(10), nullif(${ofRole(pipeline, 'bio')}, ''), ${tags(pipeline)}),
      ${columns.map((column) => selectOf(column, pipeline)).join(', ')}
    FROM (SELECT * FROM report_people ORDER BY fans DESC NULLS LAST, user_id LIMIT ${MOST_ROWS}) AS p
    JOIN creators AS c ON c.user_id = p.user_id ${own ? ownRows(list!.name) : ''}
    ORDER BY p.fans DESC NULLS LAST, p.user_id`
  for await (const rows of arrays(connection, sql)) {
    for (const [id, link, text, ...row] of rows) {
      ids.push(id as string)
      links.push(webAddress(link as string | null) ?? null)
      about.push((text as string | null) || null)
      columns.forEach((column, at) => cells[column.key]!.push(valueOf(column, row[at]!)))
    }
  }
  const words = Object.fromEntries([...places].map(([key, known]) => [key, [...known.keys()]]))
  return { columns, ids, links: commonStart(ids, links) ?? links, cells, words, about }
}

function selectOf({ key, place }: ShownColumn, pipeline: Pipeline): string {
  if (place !== undefined) return `m.cells[${place + 1}]`
  if (pipeline.reportColumns?.includes(key)) return `c.${quotedName(key)}`
  if (key === 'nickname') return ofRole(pipeline, 'displayName')
  if (key === 'lists')
    return '(SELECT string_agg(l.list, chr(31) ORDER BY l.list) FROM creator_lists AS l WHERE l.user_id = p.user_id)'
  if (key === 'last_observed_day') return 'CAST(p.last_observed_day AS VARCHAR)'
  if (key === 'engagement_per_post') return 'round(p.engagement_per_post)'
  return `p.${key}`
}

/** The labels of a creator; NULL if the pipeline has none. */
function tags({ children }: Pipeline): string {
  for (const { name, columns } of children) {
    const column = Object.entries(columns).find(([, { role }]) => role === 'tag')?.[0]
    if (column !== undefined)
      return `(SELECT string_agg(t.${column}, ' · ' ORDER BY t.position) FROM ${name} AS t WHERE t.user_id = p.user_id)`
  }
  return 'NULL'
}

/** The input of the first row of each id in a list. */
function ownRows(list: string): string {
  return `LEFT JOIN (
      SELECT user_id, from_json(arg_min(input, row_number), '["VARCHAR"]') AS cells
      FROM list_members WHERE list = ${quotedText(list)} GROUP BY user_id
    ) AS m ON m.user_id = p.user_id`
}

/** The text before the id, if it is the same in all links. */
function commonStart(ids: readonly string[], links: readonly (string | null)[]): string | undefined {
  const start = links[0]?.slice(0, -ids[0]!.length)
  return start !== undefined && links.every((link, at) => link === start + ids[at]!) ? start : undefined
}
