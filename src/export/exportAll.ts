import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { pathExists } from '../core/absent.js'
import { commandText } from '../core/commandText.js'
import {
  all,
  first,
  isOutOfMemory,
  quotedText,
  withConnection,
  type Connection,
  type Database,
} from '../core/duckdb.js'
import { databaseMemory } from '../core/memory.js'
import { version } from '../core/version.js'
import { WORKBOOK, type ExportName } from '../dataFolder/files.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Language } from '../model/language.js'
import { rowWords, type RowWords } from '../model/rowWords.js'
import { copyCsv } from './csvFile.js'
import { csvGuard } from './csvRecord.js'
import type { SheetContent } from './excel/workbookFile.js'
import {
  creatorsContent,
  Fingerprints,
  includedContent,
  listContent,
  listOverviewContent,
  overviewContent,
} from './fingerprint.js'
import {
  creatorRows,
  failureRows,
  listRows,
  rejectRows,
  wideColumns,
  type ExportList,
  type IncludedRows,
  type WideColumns,
} from './exportRows.js'
import { type ExportedFile, fileNames, exportFile } from './exportedFile.js'
import type { ExportPipeline } from './overview.js'
import { creatorSheets, listSheets, workbookSource, type WorkbookSource } from './workbooks.js'

export type { ExportList } from './exportRows.js'

/** What the files are made from. */
export interface ExportSource {
  readonly connection: Connection
  readonly wide: WideColumns
  /** The lists of this run. */
  readonly lists: readonly ExportList[]
  readonly bom: boolean
  readonly words: RowWords
  /** What the workbooks are made from; read once, if there is a workbook to make. */
  readonly books: () => Promise<WorkbookSource>
  /** The fingerprint of all creators, and of what decides how a file of them looks. */
  readonly creators: string
  /** Absent: the folder includes no other one. */
  readonly included?: IncludedRows | undefined
  /** The fingerprint of those rows. */
  readonly others: readonly string[]
  /** The most rows that a statement may hold at once; absent: as many as fit if they are of usual size. */
  readonly mostRows?: number | undefined
}

/** Why a file could not be written although all went well. */
export interface LeftOut {
  readonly leftOut: string
}

/** One file for each list of the run; `*` stands for the name of the list. */
export interface ListOutput {
  readonly file: Extract<ExportName, `*${string}`>
  /** Fingerprint of the rows; absent for files that are made each time, because they are small. */
  readonly content?: (source: ExportSource, list: ExportList) => Promise<string>
  readonly write: (source: ExportSource, path: string, list: ExportList) => Promise<ExportedFile | LeftOut>
}

/** One file for the whole folder. */
export interface FolderOutput {
  readonly file: Exclude<ExportName, ListOutput['file']>
  readonly content?: (source: ExportSource) => Promise<string>
  readonly write: (source: ExportSource, path: string) => Promise<ExportedFile | LeftOut>
}

/** Both lists are in the order of the receipt. A new output is one entry here, and its name in `EXPORT_FILES`. */
export const LIST_OUTPUTS: readonly ListOutput[] = [
  {
    file: '*.enriched.csv',
    content: ({ connection, creators, others }, { name, columns }) =>
      listContent(connection, JSON.stringify([creators, columns, ...others]), name),
    write: ({ connection, wide, bom, included, mostRows }, path, list) =>
      copyCsv(connection, path, { ...listRows(wide, list, included), bom }, mostRows),
  },
  {
    file: '*.enriched.xlsx',
    content: async ({ connection, books }, { name, columns }) => {
      const source = await books()
      return listOverviewContent(connection, formOf(source, columns), source.overview.sql, name)
    },
    write: async ({ connection, books }, path, list) =>
      writeWorkbook(path, await listSheets(connection, await books(), list), path.replace(/xlsx$/, 'csv')),
  },
  {
    file: '*.rejects.csv',
    write: ({ connection, bom, words }, path, { name }) =>
      copyCsv(connection, path, { ...rejectRows(name, words), bom }),
  },
]

export const FOLDER_OUTPUTS: readonly FolderOutput[] = [
  {
    file: 'creators.csv',
    content: ofCreators,
    write: ({ connection, wide, bom, mostRows }, path) =>
      copyCsv(connection, path, { ...creatorRows(wide), bom }, mostRows),
  },
  { file: 'creators.parquet', content: ofCreators, write: exportParquet },
  {
    file: 'creators.xlsx',
    content: async ({ connection, books, creators }) => {
      const source = await books()
      return overviewContent(connection, formOf(source, creators), source.overview.sql)
    },
    write: async ({ connection, books, wide }, path) =>
      writeWorkbook(path, await creatorSheets(connection, await books(), wide), 'creators.csv, creators.parquet'),
  },
  {
    file: 'failures.csv',
    write: ({ connection, lists, bom, words }, path) =>
      copyCsv(connection, path, {
        ...failureRows(
          lists.map(({ name }) => name),
          words,
        ),
        bom,
      }),
  },
]

function ofCreators({ creators }: ExportSource): Promise<string> {
  return Promise.resolve(creators)
}

/** Whatever else than its rows decides how a workbook looks. */
function formOf({ overview, dictionary }: WorkbookSource, ...others: unknown[]): string {
  const explained = dictionary.explain(overview.columns, ['creator_overview'])
  return JSON.stringify([version, explained, ...others])
}

export interface ExportOptions extends Pick<ExportSource, 'lists' | 'bom' | 'included'> {
  readonly database: Database
  readonly layout: Layout
  readonly pipeline: ExportPipeline
  /** Of workbooks, of the remedies in `rejects.csv`, and of the messages in `failures.csv`. */
  readonly lang: Language
  /** Which workbooks are made where none exists: all, none, or those at these paths. Existing ones are kept up to date. */
  readonly excel: boolean | ReadonlySet<string>
}

export interface ExportedFiles {
  /** In the order of the outputs; those of each list first. */
  readonly files: readonly ExportedFile[]
  /** Files that could not be made, each with the reason. */
  readonly leftOut: readonly string[]
}

/** Files that are written at a time. DuckDB writes a CSV file on one thread. */
const AT_ONCE = 2
/** The most rows that a statement holds in each further attempt, after one that ran out of memory: as many as before, but alone, then fewer. */
const FEWER_ROWS = [undefined, 256, 16, 1] as const

type Written = ExportedFile | LeftOut

/**
 * Writes the files that analysts open besides the database, each atomically. A file whose rows did not change is left
 * alone. A file that does not fit into memory is written again when the others are done, in ever smaller parts. The database
 * must hold the tables of the last run; they stay as they are.
 * @throws LocalError with the path of the file that could not be written; the others are whole, old or new
 */
export async function exportAll({
  database,
  layout,
  pipeline,
  lang,
  excel,
  ...options
}: ExportOptions): Promise<ExportedFiles> {
  const { connection } = database
  const wide = await wideColumns(connection, pipeline)
  let booksRead: Promise<WorkbookSource> | undefined
  const books = () =>
    (booksRead ??= workbookSource(connection, pipeline, lang, options.included).catch((error: unknown) => {
      // It may have run out of memory beside another file.
      booksRead = undefined
      throw error
    }))
  const words = rowWords(pipeline, lang)
  const isWanted = (path: string): boolean =>
    !path.endsWith(WORKBOOK) || pathExists(path) || (typeof excel === 'boolean' ? excel : excel.has(path))
  const creators = await creatorsContent(connection, JSON.stringify([version, options.bom, wide, csvGuard]))
  const others = options.included ? [await includedContent(connection, options.included)] : []
  const names = await namesOfLists(connection, options.lists)
  const fingerprints = await Fingerprints.open(layout.fingerprints)
  const add = (name: string, { content, write }: Pick<FolderOutput, 'content' | 'write'>) => {
    const path = join(layout.exports, name)
    if (!isWanted(path)) return undefined
    return (mostRows?: number): Promise<Written> =>
      withConnection(database, async (own) => {
        const source = { ...options, connection: own, wide, words, books, creators, others, mostRows }
        const now = await content?.(source)
        const known = now === undefined ? undefined : await fingerprints.find(path, now)
        if (known) return known
        const written = await write(source, path)
        if (now !== undefined && 'path' in written) await fingerprints.add(written, now)
        return written
      })
  }
  const outputs = [
    ...options.lists.flatMap((list) =>
      LIST_OUTPUTS.map(({ file, content, write }) =>
        add(
          file.replace('*', () => names.get(list.name)!),
          {
            ...(content ? { content: (source) => content(source, list) } : {}),
            write: (source, path) => write(source, path, list),
          },
        ),
      ),
    ),
    ...FOLDER_OUTPUTS.map((output) => add(output.file, output)),
  ]
  const found = await writeAll(outputs.filter((output) => output !== undefined))
  await fingerprints.save()
  return {
    files: found.filter((each) => 'path' in each),
    leftOut: found.flatMap((each) => ('leftOut' in each ? [each.leftOut] : [])),
  }
}

/** Writes each file; those that ran out of memory once more, one at a time. */
async function writeAll(outputs: readonly ((mostRows?: number) => Promise<Written>)[]): Promise<Written[]> {
  const limit = pLimit(AT_ONCE)
  const tried = await allSettled(outputs.map((write) => limit(() => ifItFits(write))))
  const written: Written[] = []
  for (const [at, write] of outputs.entries()) {
    let result = tried[at]
    for (const rows of FEWER_ROWS.slice(0, -1)) result ??= await ifItFits(() => write(rows))
    written.push(result ?? (await write(FEWER_ROWS.at(-1))))
  }
  return written
}

/** Undefined if the memory did not suffice. */
async function ifItFits(write: () => Promise<Written>): Promise<Written | undefined> {
  try {
    return await write()
  } catch (error) {
    if (isOutOfMemory(error)) return undefined
    throw error
  }
}

/** Waits for all, then throws the first error. */
async function allSettled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** The file name of each list, chosen among all lists of the folder. */
async function namesOfLists(
  connection: Connection,
  lists: readonly ExportList[],
): Promise<ReadonlyMap<string, string>> {
  const known = await all<{ list: string }>(connection, 'SELECT list FROM lists ORDER BY first_read_at, list')
  return fileNames([...known.map(({ list }) => list), ...lists.map(({ name }) => name)])
}

/** Rows that DuckDB holds at once while it writes Parquet, for each MB of its memory. */
const ROWS_A_MB = 20

async function exportParquet({ connection, wide, mostRows }: ExportSource, path: string): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    const rowGroup = mostRows ?? databaseMemory() * ROWS_A_MB
    await connection.run(
      `COPY (SELECT ${wide.columns.map(({ sql }) => sql).join(', ')} FROM creators AS c) TO ${quotedText(temporary)}
       (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroup}, USE_TMP_FILE false)`,
    )
    return countCreators(connection)
  })
}

/** If Excel cannot hold the rows, an older workbook is removed: it would be out of date. */
async function writeWorkbook(
  path: string,
  sheets: readonly SheetContent[],
  instead: string,
): Promise<ExportedFile | LeftOut> {
  const { exportWorkbook, SheetTooLarge } = await import('./excel/workbookFile.js')
  try {
    return await exportWorkbook(path, sheets)
  } catch (error) {
    if (!(error instanceof SheetTooLarge)) throw error
    await rm(path, { force: true })
    const some = commandText(['select', '--out', 'list.xlsx'])
    return { leftOut: `${path}: ${error.message}; use ${instead}, or \`${some}\` for some of them` }
  }
}

async function countCreators(connection: Connection): Promise<number> {
  return (await first<{ rows: number }>(connection, 'SELECT count(*) AS rows FROM creators'))!.rows
}
