import { count, plural } from '../../core/text.js'
import { csvGuard } from '../../export/csvRecord.js'
import { MOST_ROWS, readCreatorTable, type CreatorTable, type ShownColumn } from '../creatorTable.js'
import { change } from '../figures.js'
import { dataBlock, html, type Html, type Part } from '../html.js'
import { person } from '../person.js'
import type { ReportSource } from '../source.js'
import { ALL, creatorControls } from './creatorControls.js'

const TEXT = {
  title: (creators: number) => `All ${plural(creators, 'creator')}`,
  lead: 'Those with the most followers first. Click a heading to sort.',
  cut: (shown: number, creators: number) =>
    `These are the ${count(shown)} of ${count(creators)} with the most followers.`,
  cutMore: 'The others are in creators.duckdb and exports/creators.csv.',
  table: 'Creators',
  previous: 'Previous',
  next: 'Next',
  pages: 'Pages of the table',
  shown: (shown: number, creators: number) => `${count(shown)} of ${count(creators)}`,
  noScript: (shown: number) => `This browser runs no scripts, so only the first ${shown} are shown.`,
  columns: {
    nickname: 'Creator',
    fans: 'Followers',
    engagement: 'Engagement',
    engagement_per_post: 'per post',
    posts: 'Posts',
    tier: 'Tier',
    province: 'Province',
    gender: 'Gender',
    age: 'Age',
    verification: 'Verified',
    status: 'Status',
    last_observed_day: 'As of',
    lists: 'Lists',
  },
  change: (days: number) => plural(days, 'day'),
  /** Texts of the script; it fills in the names in braces. */
  script: {
    all: ALL,
    chosen: '{number} chosen',
    range: '{from}–{to} of {rows}',
    filtered: '{from}–{to} of {rows} (of {all})',
    none: 'No creator matches: clear a filter.',
    page: 'Page {page} of {pages}',
  },
}

/** The same number as in the script. */
const PAGE = 50

/** The creators by followers, with search, sort, filters and download; nothing when there are none. */
export async function creatorsSection(source: ReportSource, fileName: string): Promise<Html | false> {
  const { people, list } = source
  if (people.creators === 0) return false
  const table = await readCreatorTable(source, columnsOf(source))
  const shown = table.ids.length
  const more = people.creators > shown && ` ${TEXT.cut(MOST_ROWS, people.creators)}`
  const { columns } = table
  return html`<section id="creators">
    <h2>${TEXT.title(people.creators)}</h2>
    <p class="lead">${TEXT.lead}${more}${more && list === undefined && ` ${TEXT.cutMore}`}</p>
    ${creatorControls(table)}
    <p class="count" role="status" aria-live="polite">${TEXT.shown(Math.min(PAGE, shown), shown)}</p>
    <div
      class="scroll table${list && list.columns.length > 0 && ' own'}"
      role="region"
      aria-label="${TEXT.table}"
      tabindex="0"
    >
      <table class="creators">
        <caption class="hidden">
          ${TEXT.table}
        </caption>
        <thead>
          <tr>
            ${columns.map(heading)}
          </tr>
        </thead>
        <tbody>
          ${table.ids.slice(0, PAGE).map(
            (_, row) =>
              html`<tr>
                ${columns.map((column) => cellOf(table, column, row))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <nav class="pages" aria-label="${TEXT.pages}" hidden>
      <button type="button" data-step="-1">${TEXT.previous}</button><span></span
      ><button type="button" data-step="1">${TEXT.next}</button>
    </nav>
    <noscript><p class="fine">${TEXT.noScript(PAGE)}</p></noscript>
    ${dataBlock('data', { ...table, texts: TEXT.script, csv: { name: fileName, guard: csvGuard } })}
  </section>`
}

function columnsOf({ people, list }: ReportSource): ShownColumn[] {
  const column = (key: keyof typeof TEXT.columns, kind: ShownColumn['kind']) => ({
    key,
    label: TEXT.columns[key],
    kind,
  })
  const { period } = people
  return [
    column('nickname', 'name'),
    column('fans', 'number'),
    ...(period === undefined
      ? []
      : [{ key: `fans_change_${period}d`, label: TEXT.change(period), kind: 'change' as const }]),
    column('engagement', 'number'),
    column('engagement_per_post', 'number'),
    column('posts', 'number'),
    column('tier', 'word'),
    column('province', 'word'),
    column('gender', 'word'),
    column('age', 'number'),
    column('verification', 'word'),
    ...(people.statuses > 1 ? [column('status', 'word')] : []),
    column('last_observed_day', 'text'),
    ...(list === undefined && people.lists > 1 ? [column('lists', 'words')] : []),
    ...(list?.columns.map(({ name, place }) => {
      return { key: `own${place}`, label: name, kind: 'text' as const, place }
    }) ?? []),
  ]
}

const isNumeric = ({ kind }: ShownColumn) => kind === 'number' || kind === 'change'

function heading(column: ShownColumn): Html {
  const { key, label } = column
  const sorted = key === 'fans' ? 'descending' : 'none'
  return html`<th scope="col" ${isNumeric(column) && html` class="n"`} aria-sort="${sorted}">
    <button type="button" data-key="${key}">${label}</button>
  </th>`
}

function cellOf({ ids, links, cells, words }: CreatorTable, column: ShownColumn, row: number): Html {
  const { key, kind } = column
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
  return html`<td${isNumeric(column) && html` class="n${direction}"`}${(kind === 'words' || column.place !== undefined) && html` class="long"`}>${shown()}</td>`
}
