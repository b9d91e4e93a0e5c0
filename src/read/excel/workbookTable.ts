import { plural } from '../../core/text.js'
import type { HeaderContext } from '../columns.js'
import type { InputFile } from '../file.js'
import { headedTable } from '../headedTable.js'
import type { Table } from '../table.js'
import { readCellFormats } from './cellFormats.js'
import { cellRows } from './cellRows.js'
import { chooseSheet } from './chooseSheet.js'
import { refuseOle } from './oleFile.js'
import { readHyperlinks, type Hyperlinks } from './hyperlinks.js'
import { workbookParts } from './parts.js'
import { readSharedStrings } from './sharedStrings.js'
import { keepRows, type KeptRows } from './keptRows.js'
import { openZip } from './zip.js'

/** What the options say about a workbook. */
export interface WorkbookOptions {
  readonly sheet?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * A sheet of an Excel workbook as a table. Its rows are unpacked once, to a temporary file, so that the texts that cells
 * share do not stay in memory.
 * @throws UsageError if the file is not a workbook that is read here, is damaged, or has no such sheet or no rows
 */
export async function workbookTable(file: InputFile, context: HeaderContext, options: WorkbookOptions): Promise<Table> {
  const { kept, format } = await file.withFd((fd) => readSheet(fd, context, options))
  try {
    return {
      ...(await headedTable(
        () => kept.rows(),
        { ...context, mayHaveTitles: true },
        () => format,
      )),
      close: () => kept.close(),
    }
  } catch (error) {
    await kept.close()
    throw error
  }
}

async function readSheet(
  fd: number,
  { source, pipeline }: HeaderContext,
  { sheet, signal }: WorkbookOptions,
): Promise<{ readonly kept: KeptRows; readonly format: string }> {
  await refuseOle(fd, source)
  const zip = await openZip(fd, source, signal)
  const { sheets, sharedStrings, styles, date1904 } = await workbookParts(zip, source)
  const cells = {
    source,
    date1904,
    shared: await readSharedStrings(zip, sharedStrings, source),
    formats: await readCellFormats(zip, styles, source),
  }
  const linksOf = new Map<string, Hyperlinks>()
  for (const { part } of sheets) linksOf.set(part, await readHyperlinks(zip, part, source))
  const rowsOf = (part: string, noValue?: () => void) =>
    cellRows(zip.bytes(part), { ...cells, links: linksOf.get(part)! }, noValue)
  const chosen = await chooseSheet(sheets, { source, pipeline, given: sheet, rowsOf })
  let formulas = 0
  const kept = await keepRows(
    rowsOf(chosen.part, () => (formulas += 1)),
    source,
  )
  const lacking = formulas > 0 ? [`${plural(formulas, 'formula')} without a value: open it in Excel and save it`] : []
  return { kept, format: ['Excel workbook', ...chosen.notes, ...lacking].join(', ') }
}
