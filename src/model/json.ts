import { isUtf8 } from 'node:buffer'
import { isInteger, isSafeNumber, parse as parseLossless } from 'lossless-json'

/** What a number has in it that a double may not hold as it was written. Ids and addresses have it as well. */
const SUSPICIOUS = /\d(?:[eE]|[\d.]{15})/g

/** Why bytes are no JSON value: `empty` (nothing but blanks), `not_utf8`, `not_json`, `too_deep` to be read safely. */
export type JsonProblem = 'empty' | 'not_utf8' | 'not_json' | 'too_deep'

export type JsonRead =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: JsonProblem }

/** Text of strictly valid UTF-8, without a byte order mark at its start; undefined if the bytes are anything else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** `readJsonText` of bytes. */
export function readJson(bytes: Uint8Array): JsonRead {
  const text = decodeUtf8(bytes)
  return text === undefined ? { ok: false, problem: 'not_utf8' } : readJsonText(text)
}

/**
 * A JSON text as values, no number rounded silently: an integer beyond 2^53 becomes a bigint; a fraction or exponent that
 * a double does not hold to its last digit (`1e400`, `0.12345678901234567891`) becomes the text of its digits, so that whoever
 * wanted a number there sees a wrong type. `__proto__` is a key like any other. Of equal keys the last one counts.
 */
export function readJsonText(text: string): JsonRead {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, problem: text.trim() === '' ? 'empty' : 'not_json' }
  }
  if (!mayLoseDigits(text)) return { ok: true, value }
  try {
    return { ok: true, value: parseLossless(text, undefined, { parseNumber, onDuplicateKey: (keys) => keys.newValue }) }
  } catch {
    // What JSON.parse accepts fails here in one way only: the recursion overflows.
    return { ok: false, problem: 'too_deep' }
  }
}

/** Cheap, and right about most texts; it may say yes for nothing, where a text in quotes looks like a value. */
function mayLoseDigits(text: string): boolean {
  SUSPICIOUS.lastIndex = 0
  let behind = 0
  for (let match = SUSPICIOUS.exec(text); match; match = SUSPICIOUS.exec(text)) {
    let start = match.index
    while (start > behind && isInNumber(text.charCodeAt(start - 1))) start -= 1
    // What began before the last match has been looked at.
    if (start > behind || behind === 0) {
      if (/[[:,]\s*$|^\s*$/.test(text.slice(Math.max(0, start - 20), start))) return true
    }
    behind = SUSPICIOUS.lastIndex
  }
  return false
}

/** 0 to 9, dot or minus. */
function isInNumber(char: number): boolean {
  return (char >= 48 && char <= 57) || char === 46 || char === 45
}

function parseNumber(digits: string): number | bigint | string {
  if (isSafeNumber(digits)) return Number(digits)
  return isInteger(digits) ? BigInt(digits) : digits
}
