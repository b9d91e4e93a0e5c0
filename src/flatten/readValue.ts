import type { ColumnType, Value } from '../model/pipeline.js'
import { isInexact, readNumber } from '../model/readNumber.js'
import { jsonText, wellFormed } from './jsonText.js'

const BIGINT_MIN = -(2n ** 63n)
const BIGINT_MAX = 2n ** 63n - 1n
const DETAIL_LENGTH = 120
const WITH_EXPONENT = /^-?\d{1,400}(?:\.\d{1,400})?e[+-]?\d{1,9}$/i

/** Tells what looks wrong in a value that was still used: kind of anomaly, detail. */
export type Note = (kind: string, detail: string) => void

/** The value for a column, or undefined if it cannot be read as one. */
type Read = (raw: unknown, note: Note) => Value | undefined

/** Anything from outside, fit for one line of a report. */
export function shortened(text: string): string {
  const cut = text.length > DETAIL_LENGTH ? `${text.slice(0, DETAIL_LENGTH)}…` : text
  return wellFormed(cut).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** Whether a number fits a BIGINT column. */
export function fitsBigint(value: bigint): boolean {
  return value >= BIGINT_MIN && value <= BIGINT_MAX
}

function fitting(value: bigint, note: Note): bigint | null {
  if (fitsBigint(value)) return value
  note('does_not_fit', shortened(String(value)))
  return null
}

function readCount(raw: unknown, note: Note): Value | undefined {
  if (typeof raw === 'number') {
    if (Number.isSafeInteger(raw)) return BigInt(raw)
    if (!Number.isInteger(raw)) return undefined
    const value = fitting(BigInt(raw), note)
    if (value !== null) note('inexact', `${value} may have been rounded`)
    return value
  }
  if (typeof raw === 'bigint') return fitting(raw, note)
  if (typeof raw !== 'string') return undefined
  const number = readNumber(raw)
  if (!number) {
    // Numbers that a double does not hold are handed on as the text of their digits.
    if (WITH_EXPONENT.test(raw) && Math.abs(Number(raw)) >= 2 ** 63) note('does_not_fit', shortened(raw))
    return undefined
  }
  const value = fitting(number.value, note)
  if (value !== null && isInexact(number)) note('inexact', `${shortened(raw)} read as ${value}`)
  return value
}

function readRatio(raw: unknown, note: Note): Value | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined
  if (typeof raw === 'string' && raw.trim() === '') return undefined
  if (typeof raw !== 'bigint' && typeof raw !== 'string') return undefined
  const value = Number(raw)
  if (!Number.isFinite(value)) return undefined
  if (typeof raw === 'bigint' && BigInt(value) !== raw) note('inexact', `${raw} read as ${value}`)
  return value
}

function readText(raw: unknown, note: Note): Value | undefined {
  if (typeof raw === 'string') {
    const whole = wellFormed(raw)
    if (whole !== raw) note('broken_text', shortened(whole))
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

function readJson(raw: unknown, note: Note): Value | undefined {
  const text = jsonText(raw)
  if (text === undefined) note('too_deep', 'nested too deep to be kept as text')
  return text ?? null
}

/** How a value is read for each column type, leniently: the strict schema tells what was wrong with it. */
export const readValue: Readonly<Record<ColumnType | 'object', Read>> = {
  text: readText,
  count: readCount,
  ratio: readRatio,
  flag: readFlag,
  list: (raw, note) => (Array.isArray(raw) ? readJson(raw, note) : undefined),
  object: (raw, note) => (typeof raw === 'object' && !Array.isArray(raw) ? readJson(raw, note) : undefined),
}
