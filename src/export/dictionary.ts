import { all, blobs, quotedText, type Connection } from '../core/duckdb.js'
import { NO_WORDS, type ColumnWords, type Language, type Words } from '../model/language.js'
import { columnOf } from '../model/pipeline.js'
import { sheetRow, type SheetColumn } from './excel/sheetRow.js'
import type { SheetContent } from './excel/workbookFile.js'
import { wordSql, type IncludedRows } from './exportRows.js'
import { overviewMeanings, type ExportPipeline, type Meaning } from './overview.js'
import { candidatesText, creatorsText } from './text/creatorsText.js'
import { overviewText } from './text/overviewText.js'
import { creatorStatusText } from './text/statusText.js'
import { workbookText } from './text/workbookText.js'

/** A column of a sheet that the dictionary explains. */
export interface Explained extends Pick<SheetColumn, 'name' | 'title' | 'type'>, Meaning {}

/** A sheet that the dictionary explains. */
export interface ExplainedSheet {
  readonly name: string
  readonly columns: readonly Explained[]
}

/** A table or view whose columns sheets show. */
export type ShownTable = 'creators' | 'creator_overview' | 'creator_candidates'

/** The titles and meanings of the columns of a database, by table, in a language. */
export class Dictionary {
  readonly text: (typeof workbookText)[Language]
  private readonly words: Readonly<Record<ShownTable, ColumnWords>>
  private readonly values: Readonly<Record<string, Words>>

  private constructor(
    private readonly entries: ReadonlyMap<string, Partial<Meaning>>,
    private readonly pipeline: ExportPipeline,
    lang: Language,
  ) {
    this.text = workbookText[lang]
    const own = pipeline.words?.[lang]
    this.words = {
      creators: { ...creatorsText[lang], ...own?.columns },
      creator_overview: relabelled(overviewText[lang], own?.labels),
      creator_candidates: candidatesText[lang],
    }
    const status = creatorStatusText[lang]
    this.values = { status, creator_status: status, region_kind: this.text.regionKinds, ...own?.values }
  }

  static async read(
    connection: Connection,
    pipeline: ExportPipeline,
    lang: Language,
    included?: IncludedRows,
  ): Promise<Dictionary> {
    const rows = await all<{ key: string; description: string | null; source_path: string | null }>(
      connection,
      `SELECT table_name || '.' || column_name AS key, description, source_path FROM data_dictionary
       WHERE table_name IN ('creators', 'creator_overview', 'creator_candidates')`,
    )
    const entries = new Map<string, Partial<Meaning>>(
      rows.map(({ key, description, source_path: source }) => [
        key,
        { ...(description === null ? {} : { meaning: description }), ...(source === null ? {} : { source }) },
      ]),
    )
    for (const [name, entry] of overviewMeanings(pipeline)) {
      const key = `creator_overview.${name}`
      entries.set(key, { ...entries.get(key), ...entry })
    }
    for (const { name, meaning } of included?.columns ?? []) entries.set(`creator_overview.${name}`, { meaning })
    return new Dictionary(entries, pipeline, lang)
  }

  /** Columns as people see them: their titles, and in the overview words for values. Each by the first of these tables that has it. */
  titled(columns: readonly SheetColumn[], tables: readonly ShownTable[]): SheetColumn[] {
    return columns.map((column) => {
      const table = tables.find((each) => this.has(each, column.name))
      const title = table && this.words[table][column.name]?.[0]
      const words = table === 'creator_overview' ? this.values[column.name] : undefined
      const sql = words ? wordSql(column.sql, words, column.sql) : column.sql
      return { ...column, sql, ...(title === undefined ? {} : { title }) }
    })
  }

  /** Columns with their meanings, each by the first of these tables that has it. */
  explain(
    columns: readonly Pick<SheetColumn, 'name' | 'title' | 'type'>[],
    tables: readonly ShownTable[],
  ): Explained[] {
    return columns.map((column) => {
      const table = tables.find((each) => this.has(each, column.name))
      const found = table && this.entries.get(`${table}.${column.name}`)
      const meaning = (table && this.words[table][column.name]?.[1]) ?? found?.meaning ?? ''
      const { name, title, type } = column
      return {
        name,
        type,
        ...(title === undefined ? {} : { title }),
        meaning,
        source: found?.source ?? this.text.computed,
      }
    })
  }

  private has(table: ShownTable, name: string): boolean {
    return this.entries.get(`${table}.${name}`)?.meaning !== undefined
  }

  /** A sheet with a row for each column of the others. */
  sheet(connection: Connection, sheets: readonly ExplainedSheet[]): SheetContent {
    const entries = this.rowsOf(sheets)
    const { sheets: names, column, meaning, source, unit, sheet, name } = this.text
    const titles = [column, meaning, source, unit, sheet, ...(name === '' ? [] : [name])]
    const columns = titles.map((name, at) => {
      return { name, type: 'VARCHAR', sql: `d.c${at}`, width: WIDTHS[at]! }
    })
    const values = entries.map((entry, at) => `(${[...entry.map(quotedText), String(at + 2)].join(', ')})`)
    const places = [...titles.map((_, at) => `c${at}`), 'place'].join(', ')
    const rows = blobs(
      connection,
      `SELECT ${sheetRow(columns, 'd.place')} FROM (VALUES ${values.join(',\n')}) AS d(${places}) ORDER BY d.place`,
    )
    return { name: names.dictionary, columns, count: entries.length, frozen: 1, rows }
  }

  /** The cells of that sheet; the names come last where titles are not the names. */
  rowsOf(sheets: readonly ExplainedSheet[]): string[][] {
    return sheets.flatMap((sheet) =>
      sheet.columns.map(({ name, title, type, meaning, source }) => [
        title ?? name,
        meaning,
        source,
        this.unitOf(name, type),
        sheet.name,
        ...(this.text.name === '' ? [] : [name]),
      ]),
    )
  }

  private unitOf(name: string, type: string): string {
    const { columns, timeZone } = this.pipeline
    const text = this.text
    if (name === 'age' || name === columnOf({ columns }, 'age')) return text.years
    if (columns[name]?.type === 'list') return 'JSON'
    if (type === 'BIGINT') return columns[name]?.kind === 'attribute' ? text.number : text.count
    if (type === 'DATE') return text.day(timeZone)
    if (type.startsWith('TIMESTAMP')) return text.time
    return { DOUBLE: text.ratio, BOOLEAN: text.flag }[type] ?? text.text
  }
}

/** Words with the pipeline's own titles. */
function relabelled(words: ColumnWords, labels: Words = NO_WORDS): ColumnWords {
  return Object.fromEntries(
    Object.entries(words).map(([name, [title, meaning]]) => [name, [labels[name] ?? title, meaning] as const]),
  )
}

const WIDTHS = [30, 90, 36, 20, 12, 36]
