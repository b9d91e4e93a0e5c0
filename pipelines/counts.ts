import { readNumber, type NumberText } from '../src/model/readNumber.js'

/** A count of an answer with its precision; undefined if the value is not a count. */
export function countOf(raw: unknown): NumberText | undefined {
  if (typeof raw === 'string') return readNumber(raw)
  if (typeof raw === 'bigint' || Number.isInteger(raw)) return { value: BigInt(raw as number), step: 1n, open: false }
  return undefined
}

export function sumOfCounts(a: NumberText | undefined, b: NumberText | undefined): NumberText | undefined {
  return a && b && { value: a.value + b.value, step: a.step + b.step - 1n, open: a.open || b.open }
}

/** Whether both can show the same number: equal up to rounding. With a plus, the true number is at most ten times as large. */
export function countsAgree(a: NumberText, b: NumberText): boolean {
  if (a.open || b.open) {
    const [low, high] = a.value < b.value ? [a.value, b.value] : [b.value, a.value]
    return high <= low * 10n
  }
  const difference = a.value - b.value
  return (difference < 0n ? -difference : difference) < a.step + b.step - 1n
}
