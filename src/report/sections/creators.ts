import { count } from '../../core/text.js'
import { csvGuard } from '../../export/csvRecord.js'
import { includedColumns } from '../../load/schema/views/includedColumns.js'
import type { Language } from '../../model/language.js'
import { columnOf, type ColumnType, type Pipeline, type Role } from '../../model/pipeline.js'
import { MOST_ROWS, readCreatorTable, type CellKind, type CreatorTable, type ShownColumn } from '../creatorTable.js'
import { change, decimal } from '../figures.js'
import { dataBlock, html, type Html, type Part } from '../html.js'
import { person } from '../person.js'
import type { ReportSource } from '../source.js'
import { creatorsSectionText } from '../text/creatorsSectionText.js'
import { creatorControls } from './creatorControls.js'

/** The same number as in the script. */
const PAGE = 50

/** The creators by followers, with search, sort, filters and download; nothing when there are none. */
export async function creatorsSection(source: ReportSource, fileName: string): Promise<Html | false> {
  const { people, list, lang } = source
  if (people.creators === 0) return false
  const text = creatorsSectionText[lang]
  const table = await readCreatorTable(source, columnsOf(source))
  const shown = table.ids.length
  const more = people.creators > shown && text.cut(MOST_ROWS, people.creators)
  const { columns } = table
  return html`<section id="creators">
    <h2>${text.title(people.creators)}</h2>
    <p class="lead">${text.lead}${more}${more && list === undefined && text.cutMore}</p>
    ${creatorControls(table, text)}
    <p class="count" role="status" aria-live="polite">${text.shown(Math.min(PAGE, shown), shown)}</p>
    <div
      class="scroll table${list && list.columns.length > 0 && ' own'}"
      role="region"
      aria-label="${text.table}"
      tabindex="0"
    >
      <table class="creators">
        <caption class="hidden">
          ${text.table}
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
                ${columns.map((column) => cellOf(table, column, row, text.comma))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <nav class="pages" aria-label="${text.pages}" hidden>
      <button type="button" data-step="-1">${text.previous}</button><span></span
      ><button type="button" data-step="1">${text.next}</button>
    </nav>
    <noscript><p class="fine">${text.noScript(PAGE)}</p></noscript>
    ${dataBlock('data', { ...table, texts: { ...text.script, comma: text.comma }, csv: { name: fileName, guard: csvGuard } })}
  </section>`
}

/** The role that a pipeline must have for a column. */
const NEEDED: Readonly<Record<string, Role>> = {
  engagement: 'engagement',
  engagement_per_post: 'posts',
  posts: 'posts',
  tier: 'tier',
  province: 'region',
  gender: 'gender',
  age: 'age',
  verification: 'verification',
}

function columnsOf({ pipeline, people, list, lang, words, included }: ReportSource): ShownColumn[] {
  const text = creatorsSectionText[lang]
  const column = (key: keyof typeof text.columns, kind: ShownColumn['kind']) => ({
    key,
    label: words.labels?.[key] ?? text.columns[key],
    kind,
  })
  const { period } = people
  const shown = [
    column('nickname', 'name'),
    column('fans', 'number'),
    ...(period === undefined
      ? []
      : [{ key: `fans_change_${period}d`, label: text.change(period), kind: 'change' as const }]),
    column('engagement', 'number'),
    column('engagement_per_post', 'number'),
    column('posts', 'number'),
    column('tier', 'word'),
    column('province', 'word'),
    column('gender', 'word'),
    column('age', 'number'),
    column('verification', 'word'),
    ...(pipeline.reportColumns ?? []).map((key) => columnOfPipeline(pipeline, key, key, lang)),
    ...(included ? includedColumns(included) : []).map(({ name, key }) => columnOfPipeline(included!, key, name, lang)),
    ...(people.statuses > 1 ? [column('status', 'word')] : []),
    column('last_observed_day', 'text'),
    ...(list === undefined && people.lists > 1 ? [column('lists', 'words')] : []),
    ...(list?.columns.map(({ name, place }) => {
      return { key: `own${place}`, label: name, kind: 'text' as const, place }
    }) ?? []),
  ]
  return shown.filter(({ key }) => NEEDED[key] === undefined || columnOf(pipeline, NEEDED[key]) !== undefined)
}

/** @param name of the column in the table of the report */
function columnOfPipeline({ words, columns }: Pipeline, key: string, name: string, lang: Language): ShownColumn {
  const { labels, columns: titles } = words?.[lang] ?? {}
  const label = labels?.[key] ?? titles?.[key]?.[0] ?? key.replaceAll('_', ' ')
  return { key: name, label, kind: KINDS[columns[key]!.type] ?? 'text' }
}

const KINDS: Readonly<Partial<Record<ColumnType, CellKind>>> = { count: 'number', ratio: 'decimal' }

const isNumeric = ({ kind }: ShownColumn) => kind === 'number' || kind === 'decimal' || kind === 'change'

function heading(column: ShownColumn): Html {
  const { key, label } = column
  const sorted = key === 'fans' ? 'descending' : 'none'
  return html`<th scope="col" ${isNumeric(column) && html` class="n"`} aria-sort="${sorted}">
    <button type="button" data-key="${key}">${label}</button>
  </th>`
}

function cellOf({ ids, links, cells, words }: CreatorTable, column: ShownColumn, row: number, comma: string): Html {
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
    if (kind === 'words') return (value as number[]).map((at) => words[key]![at]!).join(comma)
    if (kind === 'change') return change(value as number)
    if (kind === 'decimal') return decimal(value as number)
    return kind === 'number' ? count(value as number) : (value as string)
  }
  const direction = kind === 'change' && value !== null && value !== 0 ? ((value as number) > 0 ? ' up' : ' down') : ''
  return html`<td${isNumeric(column) && html` class="n${direction}"`}${(kind === 'words' || column.place !== undefined) && html` class="long"`}>${shown()}</td>`
}
