import { all, blobs, quotedText, type Connection } from '../core/duckdb.js'
import { columnOf } from '../model/pipeline.js'
import { sheetRow, type SheetColumn } from './excel/sheetRow.js'
import type { SheetContent } from './excel/workbookFile.js'
import { overviewMeanings, type ExportPipeline, type Meaning } from './overview.js'

/** A column of a sheet that the dictionary explains. */
export interface Explained extends Pick<SheetColumn, 'name' | 'type'>, Meaning {}

/** A sheet that the dictionary explains. */
export interface ExplainedSheet {
  readonly name: string
  readonly columns: readonly Explained[]
}

/** The meanings of the columns of a database, by table. */
export class Dictionary {
  private constructor(
    private readonly entries: ReadonlyMap<string, Partial<Meaning>>,
    private readonly pipeline: ExportPipeline,
  ) {}

  static async read(connection: Connection, pipeline: ExportPipeline): Promise<Dictionary> {
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
    return new Dictionary(entries, pipeline)
  }

  /** Columns with their meanings, each by the first of these tables that has it. */
  explain(columns: readonly Pick<SheetColumn, 'name' | 'type'>[], tables: readonly string[]): Explained[] {
    return columns.map(({ name, type }) => {
      const found = tables.map((table) => this.entries.get(`${table}.${name}`)).find((each) => each?.meaning)
      return { name, type, meaning: found?.meaning ?? '', source: found?.source ?? 'computed' }
    })
  }

  /** A sheet with a row for each column of the others. */
  sheet(connection: Connection, sheets: readonly ExplainedSheet[]): SheetContent {
    const entries = this.rowsOf(sheets)
    const columns = NAMES.map((name, at) => {
      return { name, type: 'VARCHAR', sql: `d.c${at}`, width: WIDTHS[at]! }
    })
    const values = entries.map((entry, at) => `(${[...entry.map(quotedText), String(at + 2)].join(', ')})`)
    const places = [...NAMES.map((_, at) => `c${at}`), 'place'].join(', ')
    const rows = blobs(
      connection,
      `SELECT ${sheetRow(columns, 'd.place')} FROM (VALUES ${values.join(',\n')}) AS d(${places}) ORDER BY d.place`,
    )
    return { name: 'dictionary', columns, count: entries.length, frozen: 1, rows }
  }

  /** The cells of that sheet. */
  rowsOf(sheets: readonly ExplainedSheet[]): string[][] {
    return sheets.flatMap((sheet) =>
      sheet.columns.map(({ name, type, meaning, source }) => [
        name,
        meaning,
        source,
        this.unitOf(name, type),
        sheet.name,
      ]),
    )
  }

  private unitOf(name: string, type: string): string {
    const { columns, timeZone } = this.pipeline
    if (name === 'age' || name === columnOf({ columns }, 'age')) return 'years'
    if (columns[name]?.type === 'list') return 'JSON'
    if (type === 'BIGINT') return columns[name]?.kind === 'attribute' ? 'number' : 'count'
    if (type === 'DATE') return `day (${timeZone})`
    if (type.startsWith('TIMESTAMP')) return 'time (UTC)'
    return { DOUBLE: 'ratio', BOOLEAN: 'TRUE or FALSE' }[type] ?? 'text'
  }
}

const NAMES = ['column', 'meaning', 'source', 'unit', 'sheet']
const WIDTHS = [30, 90, 36, 20, 12]
