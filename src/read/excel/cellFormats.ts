import { DAY_MS } from '../../core/time.js'
import { parseXml } from './xml.js'
import type { Zip } from './zip.js'

/** How a cell shows a number, if not as a number. */
export type CellFormat = 'day' | 'time' | 'moment' | 'duration' | undefined

/** Formats that Excel does not write out. Those from 27 to 36 and from 50 to 58 are Chinese. */
const BUILT_IN: readonly [from: number, to: number, format: CellFormat][] = [
  [14, 17, 'day'],
  [18, 21, 'time'],
  [22, 22, 'moment'],
  [27, 31, 'day'],
  [32, 35, 'time'],
  [36, 36, 'day'],
  [45, 45, 'time'],
  [46, 46, 'duration'],
  [47, 47, 'time'],
  [50, 54, 'day'],
  [55, 56, 'time'],
  [57, 58, 'day'],
]

/** The format of each style of a workbook. */
export async function readCellFormats(zip: Zip, part: string, source: string): Promise<CellFormat[]> {
  const own = new Map<string, CellFormat>()
  const styles: CellFormat[] = []
  let isCells = false
  await parseXml(zip.bytes(part), source, {
    open(name, { numFmtId: id = '', formatCode: code = '' }) {
      if (name === 'numFmt') own.set(id, formatOfCode(code))
      else if (name === 'cellXfs') isCells = true
      else if (name === 'xf' && isCells) styles.push(own.has(id) ? own.get(id) : builtIn(Number(id)))
    },
    close(name) {
      if (name === 'cellXfs') isCells = false
    },
  })
  return styles
}

function builtIn(id: number): CellFormat {
  return BUILT_IN.find(([from, to]) => from <= id && id <= to)?.[2]
}

/** What a code such as `yyyy/m/d;@` or `[h]:mm` makes of a number. */
export function formatOfCode(code: string): CellFormat {
  if (/\[(?:h+|m+|s+)\]/i.test(code)) return 'duration'
  const [letters = ''] = code.replace(/"[^"]*"|\\.|[_*].|\[[^\]]*\]/g, '').split(';')
  if (/general/i.test(letters)) return undefined
  const hasTime = /[hs]/i.test(letters)
  if (/[yd]|aaa/i.test(letters) || (/m/i.test(letters) && !hasTime)) return hasTime ? 'moment' : 'day'
  return hasTime ? 'time' : undefined
}

/** Day 0 of Excel, if 1900-02-29, which Excel counts, had been. */
const FIRST_DAY = Date.UTC(1899, 11, 30)
/** Days from the start of the one calendar to that of the other. */
const DAYS_TO_1904 = 1462
const LAST_DAY = 2_958_465

/**
 * A number of days as ISO 8601 in whole seconds: `2026-08-01`, `2026-08-01T09:30:00`, `09:30:00`; a duration as `36:00:00`.
 * Undefined for a number that is not a date of Excel.
 */
export function dateText(days: number, format: NonNullable<CellFormat>, date1904: boolean): string | undefined {
  if (!(days >= 0)) return undefined
  const seconds = Math.round((days * DAY_MS) / 1000)
  if (format === 'duration') {
    return [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(twoDigits).join(':')
  }
  const counted = date1904 ? seconds + (DAYS_TO_1904 * DAY_MS) / 1000 : seconds
  const day = Math.floor((counted * 1000) / DAY_MS)
  const time = new Date(counted * 1000).toISOString().slice(11, 19)
  if (format === 'time' && days < 1) return time
  if (day === 60 || day > LAST_DAY) return undefined
  const date = new Date(FIRST_DAY + (day < 60 ? day + 1 : day) * DAY_MS).toISOString().slice(0, 10)
  return format === 'day' ? date : `${date}T${time}`
}

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, '0')
}
