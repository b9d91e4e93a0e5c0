import type { AnswerReader } from '../flatten/compile.js'
import type { Flattened } from '../model/pipeline.js'

/** JSON values in one answer. Flattening needs up to 500 bytes of V8's heap for each, and a full heap ends the process. */
const MOST_VALUES = 1_000_000
/** A value has a byte, and a comma, colon or bracket. */
const BYTES_A_VALUE = 2

/** Answers up to this size are never set aside for lack of memory. */
const ALWAYS_LOADED_BYTES = 1 << 20

/** Why an answer is not loaded. */
export interface TooLarge {
  readonly tooLarge: string
}

/**
 * Flattens an answer, or says why it is too large to be loaded.
 * @param bytes the size of its body
 * @param mostBytes the largest body that fits into memory; undefined as long as none was too large
 */
export function flattenIfItFits(
  { flatten }: AnswerReader,
  answer: { readonly value: unknown; readonly id: string; readonly bytes: number },
  mostBytes: number | undefined,
): Flattened | TooLarge {
  const { value, id, bytes } = answer
  if (mostBytes !== undefined && bytes > mostBytes)
    return { tooLarge: `an answer of ${bytes} bytes does not fit into the memory that DuckDB may use` }
  if (bytes > MOST_VALUES * BYTES_A_VALUE && hasMoreValues(value, MOST_VALUES))
    return { tooLarge: `an answer of ${bytes} bytes has more than ${MOST_VALUES} values` }
  try {
    return flatten(value, id)
  } catch (error) {
    // V8 has no text longer than 512 MB.
    if (!(error instanceof RangeError)) throw error
    return { tooLarge: `an answer of ${bytes} bytes becomes a text that is too long: ${error.message}` }
  }
}

/**
 * The next lower limit after a load that ran out of memory: half of the largest body that was loaded.
 * @returns undefined if all of them are so small that another cause is likely
 */
export function lowerLimit(largestBytes: number): number | undefined {
  const half = Math.floor(largestBytes / 2)
  return half < ALWAYS_LOADED_BYTES ? undefined : half
}

function hasMoreValues(root: unknown, most: number): boolean {
  const open = [root]
  let found = 1
  for (let value = open.pop(); ; value = open.pop()) {
    if (typeof value === 'object' && value !== null) {
      const items: unknown[] = Array.isArray(value) ? value : Object.values(value)
      found += items.length
      if (found > most) return true
      for (const item of items) if (typeof item === 'object' && item !== null) open.push(item)
    }
    if (open.length === 0) return false
  }
}
