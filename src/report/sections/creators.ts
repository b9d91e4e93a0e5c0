import { arrays, first, type ReadCell } from '../../core/duckdb.js'
import { count } from '../../core/text.js'
import { change } from '../figures.js'
import { dataBlock, html, webAddress, type Html, type Part } from '../html.js'
import { person } from '../person.js'
import type { ReportSource } from '../source.js'

/** How a column is sorted and shown, here and in `browser/table.mjs`. */
type Kind = 'name' | 'number' | 'change' | 'word' | 'words' | 'day'

interface ShownColumn {
  readonly key: string
  readonly label: string
  readonly kind: Kind
}

/** The input of the page's script, as columns of cells. A word is stored as its index in `words`. */
interface TableData {
  readonly columns: readonly ShownColumn[]
  readonly ids: readonly string[]
  /** The common start of all links, before the id; or each link. */
  readonly links: string | readonly (string | null)[]
  readonly cells: Readonly<Record<string, readonly unknown[]>>
  readonly words: Readonly<Record<string, readonly string[]>>
}

/** More rows are slow in a browser, and people do not read them. */
const MOST_ROWS = 10_000
/** The same number as in the script. */
const PAGE = 50

/** The one character that the name of a list cannot contain. */
const SEPARATOR = '\u001f'

/** The creators by followers, with search, sort and filters; undefined when there are none. */
export async function creatorsSection(source: ReportSource): Promise<Html | undefined> {
  const { connection } = source
  const known = (await first<{
    creators: number
    lists: number
    statuses: number
    d1: number
    d7: number
    d30: number
  }>(
    connection,
    `SELECT count(*) AS creators, (SELECT count(*) FROM lists) AS lists, count(DISTINCT status) AS statuses,
      count(fans_change_1d) AS d1, count(fans_change_7d) AS d7, count(fans_change_30d) AS d30 FROM creator_overview`,
  ))!
  if (known.creators === 0) return undefined
  const period = known.d7 > 0 ? 7 : known.d1 > 0 ? 1 : known.d30 > 0 ? 30 : undefined
  const columns: ShownColumn[] = [
    { key: 'nickname', label: 'Creator', kind: 'name' },
    { key: 'fans', label: 'Followers', kind: 'number' },
    ...(period === undefined
      ? []
      : [{ key: `fans_change_${period}d`, label: period === 1 ? '1 day' : `${period} days`, kind: 'change' as const }]),
    { key: 'engagement', label: 'Engagement', kind: 'number' },
    { key: 'engagement_per_post', label: 'per post', kind: 'number' },
    { key: 'posts', label: 'Posts', kind: 'number' },
    { key: 'tier', label: 'Tier', kind: 'word' },
    { key: 'province', label: 'Province', kind: 'word' },
    { key: 'gender', label: 'Gender', kind: 'word' },
    { key: 'age', label: 'Age', kind: 'number' },
    { key: 'verification', label: 'Verified', kind: 'word' },
    ...(known.statuses > 1 ? [{ key: 'status', label: 'Status', kind: 'word' as const }] : []),
    { key: 'last_fetched', label: 'As of', kind: 'day' },
    ...(known.lists > 1 ? [{ key: 'lists', label: 'Lists', kind: 'words' as const }] : []),
  ]
  const data = await read(source, columns)
  const shown = Math.min(known.creators, MOST_ROWS)
  const cut =
    known.creators > shown &&
    html` These are the ${count(shown)} of ${count(known.creators)} with the most followers; the others are in
      <code>creators.duckdb</code> and <code>exports/creators.csv</code>.`
  return html`<section id="creators">
    <h2>Creators</h2>
    <p class="lead">
      Every creator with a profile, those with the most followers first; click a heading to sort.${cut}
    </p>
    ${controls(data)}
    <p class="count" role="status" aria-live="polite">${count(Math.min(PAGE, shown))} of ${count(shown)}</p>
    <div class="scroll table" role="region" aria-label="Creators" tabindex="0">
      <table class="creators">
        <caption class="hidden">
          Creators
        </caption>
        <thead>
          <tr>
            ${columns.map(heading)}
          </tr>
        </thead>
        <tbody>
          ${data.ids.slice(0, PAGE).map(
            (_, row) =>
              html`<tr>
                ${columns.map((column) => cellOf(data, column, row))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <nav class="pages" aria-label="Pages of the table" hidden>
      <button type="button" data-step="-1">Previous</button><span></span
      ><button type="button" data-step="1">Next</button>
    </nav>
    <noscript
      ><p class="fine">
        This browser runs no scripts, so only the first ${PAGE} are shown; exports/creators.csv has all.
      </p></noscript
    >
    ${dataBlock('data', data)}
  </section>`
}

function selectOf(key: string): string {
  if (key === 'lists')
    return '(SELECT string_agg(DISTINCT m.list, chr(31) ORDER BY m.list) FROM list_members AS m WHERE m.user_id = o.user_id)'
  if (key === 'last_fetched') return 'epoch_ms(last_fetched_at)'
  if (key === 'engagement_per_post') return 'round(engagement_per_post)'
  return key
}

async function read({ connection, pipeline }: ReportSource, columns: readonly ShownColumn[]): Promise<TableData> {
  const cells: Record<string, unknown[]> = Object.fromEntries(columns.map(({ key }) => [key, []]))
  const places = new Map(columns.map(({ key }) => [key, new Map<string, number>()]))
  const ids: string[] = []
  const links: (string | null)[] = []
  const place = (key: string, word: string) => {
    const known = places.get(key)!
    if (!known.has(word)) known.set(word, known.size)
    return known.get(word)!
  }
  const days = new Intl.DateTimeFormat('en-CA', { timeZone: pipeline.timeZone, dateStyle: 'short' })
  const dayNames = new Map<number, string>()
  const dayOf = (time: number) => {
    // Offsets of time zones are multiples of a quarter of an hour, so a quarter lies within one day.
    const quarter = Math.floor(time / 900_000)
    if (!dayNames.has(quarter)) dayNames.set(quarter, days.format(quarter * 900_000))
    return dayNames.get(quarter)!
  }
  const valueOf = ({ key, kind }: ShownColumn, cell: ReadCell): unknown => {
    if (cell === null || cell === '') return null
    if (kind === 'word') return place(key, String(cell))
    if (kind === 'words')
      return String(cell)
        .split(SEPARATOR)
        .map((word) => place(key, word))
    if (kind === 'day') return dayOf(Number(cell))
    return typeof cell === 'bigint' ? Number(cell) : cell
  }
  const sql = `SELECT user_id, profile_url, ${columns.map(({ key }) => selectOf(key)).join(', ')}
    FROM (SELECT * FROM creator_overview ORDER BY fans DESC NULLS LAST, user_id LIMIT ${MOST_ROWS}) AS o
    ORDER BY fans DESC NULLS LAST, user_id`
  for await (const rows of arrays(connection, sql)) {
    for (const [id, link, ...row] of rows) {
      ids.push(id as string)
      links.push(webAddress(link as string | null) ?? null)
      columns.forEach((column, at) => cells[column.key]!.push(valueOf(column, row[at]!)))
    }
  }
  const words = Object.fromEntries([...places].map(([key, known]) => [key, [...known.keys()]]))
  return { columns, ids, links: commonStart(ids, links) ?? links, cells, words }
}

/** The text before the id, if it is the same in all links. */
function commonStart(ids: readonly string[], links: readonly (string | null)[]): string | undefined {
  const start = links[0]?.slice(0, -ids[0]!.length)
  return start !== undefined && links.every((link, at) => link === start + ids[at]!) ? start : undefined
}

/** A column with more distinct words than this gets no filter; the search finds them. */
const MOST_CHOICES = 60

function controls({ columns, words }: TableData): Html {
  const choices = columns.filter(({ key }) => {
    const number = words[key]?.length ?? 0
    return number > 1 && number <= MOST_CHOICES
  })
  const select = ({ key, label }: ShownColumn) => {
    const sorted = words[key]!.map((word, at) => ({ word, at })).sort((a, b) => a.word.localeCompare(b.word))
    return html`<label
      >${label}<select data-key="${key}">
        <option value="">all</option>
        ${sorted.map(({ word, at }) => html`<option value="${at}">${word}</option>`)}
      </select></label
    >`
  }
  return html`<form class="controls" hidden>
    <label class="grow"
      >Search<input type="search" placeholder="name or id" autocomplete="off" spellcheck="false"
    /></label>
    <label>Followers from<input type="number" min="0" step="any" inputmode="numeric" placeholder="0" /></label>
    ${choices.map(select)}
    <button type="reset">Clear</button>
  </form>`
}

const isNumeric = (kind: Kind) => kind === 'number' || kind === 'change'

function heading({ key, label, kind }: ShownColumn): Html {
  const sorted = key === 'fans' ? 'descending' : 'none'
  return html`<th scope="col" ${isNumeric(kind) && html` class="n"`} aria-sort="${sorted}">
    <button type="button" data-key="${key}">${label}</button>
  </th>`
}

function cellOf({ ids, links, cells, words }: TableData, { key, kind }: ShownColumn, row: number): Html {
  const value = cells[key]![row] ?? null
  if (kind === 'name') {
    const id = ids[row]!
    const link = typeof links === 'string' ? links + id : links[row]!
    return html`<th scope="row">${person({ user_id: id, nickname: value as string | null, profile_url: link })}</th>`
  }
  const shown = (): Part => {
    if (value === null) return null
    if (kind === 'word') return words[key]![value as number]
    if (kind === 'words') return (value as number[]).map((at) => words[key]![at]!).join(', ')
    if (kind === 'change') return change(value as number)
    return kind === 'number' ? count(value as number) : (value as string)
  }
  const direction = kind === 'change' && value !== null && value !== 0 ? ((value as number) > 0 ? ' up' : ' down') : ''
  return html`<td${isNumeric(kind) && html` class="n${direction}"`}>${shown()}</td>`
}
