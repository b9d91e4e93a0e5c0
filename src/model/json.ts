import { isUtf8 } from 'node:buffer'
import { isInteger, isSafeNumber, parse as parseLossless, stringify } from 'lossless-json'

/** A number inside of an object or a list that a double may not hold exactly: 16 digits or more, or with an exponent. */
const SUSPICIOUS = /[[:,]\s*-?\d(?:[\d.]{15}|[\d.]*[eE])/
/** Any number at the start of the text. */
const TOP_NUMBER = /^\s*-?\d/

/** Why bytes are not a JSON value: `empty` (only blanks), `not_utf8`, `not_json`, `too_deep` (too deep to be read safely). */
export type JsonProblem = 'empty' | 'not_utf8' | 'not_json' | 'too_deep'

export type JsonRead =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: JsonProblem }

/** The text of strictly valid UTF-8, without a byte order mark at its start; undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** Whether a value read from JSON is an object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Like `readJsonText`, for bytes. */
export function readJson(bytes: Uint8Array): JsonRead {
  const text = decodeUtf8(bytes)
  return text === undefined ? { ok: false, problem: 'not_utf8' } : readJsonText(text)
}

/**
 * Reads JSON without rounding numbers silently. An integer beyond 2^53 becomes a bigint. A fraction or exponent that a double
 * does not hold exactly (`1e400`, `0.12345678901234567891`) becomes the text of its digits, so that a reader who expects a
 * number sees a wrong type. `__proto__` is a key like any other. If a key occurs twice, the last one counts.
 */
export function readJsonText(text: string): JsonRead {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, problem: text.trim() === '' ? 'empty' : 'not_json' }
  }
  // Text in quotes may look like such a number; the exact reader is only slower.
  if (!SUSPICIOUS.test(text) && !TOP_NUMBER.test(text)) return { ok: true, value }
  try {
    return { ok: true, value: parseLossless(text, undefined, { parseNumber, onDuplicateKey: (keys) => keys.newValue }) }
  } catch {
    // JSON.parse accepted the text, so the only possible failure is that the recursion overflows.
    return { ok: false, problem: 'too_deep' }
  }
}

/** The text of a value that was read as JSON. It is read as the same value. */
export function writeJson(value: unknown): string {
  return stringify(value) ?? 'null'
}

function parseNumber(digits: string): number | bigint | string {
  if (isSafeNumber(digits)) return Number(digits)
  return isInteger(digits) ? BigInt(digits) : digits
}
