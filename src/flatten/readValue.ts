import { isTally, type Column, type ColumnType, type Value } from '../model/pipeline.js'
import { isInexact, readNumber } from '../model/readNumber.js'
import { jsonText, wellFormed } from './jsonText.js'

const BIGINT_MIN = -(2n ** 63n)
const BIGINT_MAX = 2n ** 63n - 1n
/** Nobody has more followers, likes or posts: there are fewer people. */
export const MOST_COUNTED = 10_000_000_000
const DETAIL_LENGTH = 120
const WITH_EXPONENT = /^-?\d{1,400}(?:\.\d{1,400})?e[+-]?\d{1,9}$/i

/** Reports what looks wrong in a value that is still used. */
export type ReportAnomaly = (kind: string, detail: string) => void

/** The value for a column, or undefined if it cannot be read as one. */
type Read = (raw: unknown, report: ReportAnomaly) => Value | undefined

/** Text from outside, shortened and made fit for one line of a report. */
export function shortened(text: string, length = DETAIL_LENGTH): string {
  const cut = text.length > length ? `${text.slice(0, length)}…` : text
  return wellFormed(cut).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** Whether a number fits a BIGINT column. */
export function fitsBigint(value: bigint): boolean {
  return value >= BIGINT_MIN && value <= BIGINT_MAX
}

function inRange(value: bigint, report: ReportAnomaly): bigint | null {
  if (fitsBigint(value)) return value
  report('does_not_fit', shortened(String(value)))
  return null
}

function readCount(raw: unknown, report: ReportAnomaly): Value | undefined {
  if (typeof raw === 'number') {
    if (Number.isSafeInteger(raw)) return BigInt(raw)
    if (!Number.isInteger(raw)) return undefined
    const value = inRange(BigInt(raw), report)
    if (value !== null) report('inexact', `${value} may have been rounded`)
    return value
  }
  if (typeof raw === 'bigint') return inRange(raw, report)
  if (typeof raw !== 'string') return undefined
  const number = readNumber(raw)
  if (!number) {
    // The JSON reader gives a number that a double cannot hold as the text of its digits.
    if (WITH_EXPONENT.test(raw) && Math.abs(Number(raw)) >= 2 ** 63) report('does_not_fit', shortened(raw))
    return undefined
  }
  const value = inRange(number.value, report)
  if (value !== null && isInexact(number)) report('inexact', `${shortened(raw)} read as ${value}`)
  return value
}

/** A count of something that people did. One below 0 or beyond all people is not known. */
function readCounter(raw: unknown, report: ReportAnomaly): Value | undefined {
  const value = readCount(raw, report)
  if (typeof value !== 'bigint' || (value >= 0n && value <= MOST_COUNTED)) return value
  report('implausible', `${value} cannot be a count`)
  return null
}

function readRatio(raw: unknown, report: ReportAnomaly): Value | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined
  if (typeof raw === 'string' && raw.trim() === '') return undefined
  if (typeof raw !== 'bigint' && typeof raw !== 'string') return undefined
  const value = Number(raw)
  if (!Number.isFinite(value)) return undefined
  if (typeof raw === 'bigint' && BigInt(value) !== raw) report('inexact', `${shortened(String(raw))} read as ${value}`)
  return value
}

function readText(raw: unknown, report: ReportAnomaly): Value | undefined {
  if (raw === '') return null
  if (typeof raw === 'string') {
    const whole = wellFormed(raw)
    if (whole !== raw) report('broken_text', shortened(whole))
    return whole
  }
  if (typeof raw === 'number' || typeof raw === 'bigint' || typeof raw === 'boolean') return String(raw)
  return undefined
}

const FLAGS = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  [1, true],
  [0, false],
  ['1', true],
  ['0', false],
  ['true', true],
  ['false', false],
])

function readFlag(raw: unknown): Value | undefined {
  return FLAGS.get(typeof raw === 'string' ? raw.toLowerCase() : raw)
}

function readJson(raw: unknown, report: ReportAnomaly): Value | undefined {
  const text = jsonText(raw)
  if (text === undefined) report('too_deep', 'nested too deeply to be kept as text')
  return text ?? null
}

/** How the values of a column are read. */
export type ValueKind = ColumnType | NonNullable<Column['holds']> | 'counter'

export function valueKindOf(column: Column): ValueKind {
  return isTally(column) ? 'counter' : (column.holds ?? column.type)
}

/**
 * Reads a value for each kind; null for a value that says nothing, such as an empty text. Reading is lenient, because the
 * strict schema reports wrong types as drift.
 */
export const readValue: Readonly<Record<ValueKind, Read>> = {
  text: readText,
  scalar: readText,
  count: readCount,
  counter: readCounter,
  ratio: readRatio,
  flag: readFlag,
  list: (raw, report) => (Array.isArray(raw) ? readJson(raw, report) : undefined),
  any: readJson,
  object: (raw, report) => (typeof raw === 'object' && !Array.isArray(raw) ? readJson(raw, report) : undefined),
}
