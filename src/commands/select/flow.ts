import { readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { isFolder } from '../../core/atomicFile.js'
import { pathExists, unreadablePath } from '../../core/absent.js'
import type { Settings } from '../../config/settings.js'
import { commandText } from '../../core/commandText.js'
import { UsageError } from '../../core/errors.js'
import { count, plural } from '../../core/text.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { csvRecords } from '../../export/csvFile.js'
import { PAGE, writeOut } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { outFile } from '../outFile.js'
import { select, type Format } from './select.js'

/** Columns that fit a terminal. */
const NARROW = ['user_id', 'nickname', 'tier', 'fans', 'province']
const NARROW_MENTIONED = ['user_id', 'nickname', 'mentioned_by', 'top_mentioner_nickname']
/** Rows of a table without `--limit`. */
const ROWS = 20

/** Writes a list of creators to stdout or to a file. */
export async function selectFlow({ settings, logger }: Invocation): Promise<number> {
  const { where, fromLists, sort, limit, mentioned = false, save } = settings
  const out = await outOf(settings)
  if (out !== undefined && (await isFolder(out))) throw folderAsFile(out, settings)
  const format = formatOf(settings)
  if (mentioned && fromLists !== undefined)
    throw new UsageError('--list: people that --mentioned chooses are in no list; leave one of them out')
  if ((format === 'parquet' || format === 'xlsx') && out === undefined)
    throw new UsageError(`--format ${format} needs --out FILE`)
  const isTable = format === 'table'
  const columns = columnsOf(settings, isTable)
  if (save !== undefined && settings.out === undefined) refuseToReplace(out!, columns ?? [])
  const { rows, matching } = await select({
    layout: layoutOf(settings.data),
    selection: {
      where,
      lists: fromLists,
      sort,
      limit: limit ?? (isTable && out === undefined ? ROWS : undefined),
      columns,
      mentioned,
    },
    format,
    out,
    pipeline: settings.pipeline,
    bom: !settings.noBom,
    lang: settings.lang,
    write: writeRows,
    columns: process.stdout.columns || PAGE,
  })
  const people = (number: number): string =>
    mentioned ? plural(number, 'person', 'people') : plural(number, 'creator')
  if (rows === 0) logger.log('info', `${people(0)} match`, 'nothing_matches')
  if (out !== undefined) {
    logger.log('info', `${people(rows)} written to ${out}`, 'file_written', { rows })
    if (save !== undefined)
      logger.log('info', `next: \`${commandText(['run', out, '--data', settings.data])}\``, 'hint')
  } else if (isTable && rows < matching) {
    const order = sort ? '' : mentioned ? ', most mentioned first' : ', most followers first'
    const shown = `${count(rows)} of ${people(matching)}${order}`
    logger.log('info', `${shown}; --limit N shows more, --format csv shows all`, 'hint')
  }
  return 0
}

/** The bytes of CSV stay as they are for a file or another program. */
function writeRows(text: string | Uint8Array): void {
  if (typeof text === 'string') writeOut(text)
  else if (process.stdout.isTTY) writeOut(Buffer.from(text).toString())
  else process.stdout.write(text)
}

function formatOf({ format, out, save }: Settings): Format {
  if (save !== undefined) {
    if (format !== undefined && format !== 'csv') throw new UsageError(`--save writes CSV, not ${format}`)
    return 'csv'
  }
  const ending = out === undefined ? undefined : extname(out).slice(1)
  const known = (['csv', 'xlsx', 'parquet', 'json'] as const).find((each) => each === ending)
  if (format === undefined && known === undefined && ending !== undefined)
    throw new UsageError(
      `--out ${out!}: its ending says no format; name it .csv, .xlsx, .parquet or .json, or add --format`,
    )
  return format ?? known ?? 'table'
}

function folderAsFile(path: string, { out, save, format = 'csv' }: Settings): UsageError {
  if (out === undefined) return new UsageError(`--save ${save!}: ${path} is a folder: give another name`)
  const file = join(path, `creators.${format === 'table' ? 'txt' : format}`)
  return new UsageError(`--out ${path} is a folder: give the path of a file, such as ${file}`)
}

async function outOf({ out, save }: Settings): Promise<string | undefined> {
  if (out !== undefined) return outFile(out)
  return save === undefined ? undefined : resolve(`${save}.csv`)
}

/** A file of the same name that `--save` did not write, such as a person's own list, is not replaced. */
function refuseToReplace(path: string, columns: readonly string[]): void {
  if (!pathExists(path)) return
  const [header = ''] = textOf(path)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/, 1)
  if (header === csvRecords([columns]).trimEnd()) return
  throw new UsageError(
    `${path} exists already and was not written by the same --save: give another name, or --out FILE`,
  )
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadablePath(path, error)
  }
}

function columnsOf({ columns, save, mentioned }: Settings, isTable: boolean): string[] | undefined {
  const chosen = columns ?? (isTable ? (mentioned ? NARROW_MENTIONED : NARROW) : undefined)
  if (save === undefined) return chosen
  const others = chosen ?? ['nickname']
  return ['user_id', ...others.filter((name) => name !== 'user_id')]
}
