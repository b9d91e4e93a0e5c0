/** A whole number as people and apps write it. */
export interface NumberText {
  readonly value: bigint
  /** The value of one unit of the last digit: 1 for `21263`, 1000 for `2.1万`. */
  readonly step: bigint
  /** Written with a plus: the true number is at least this. */
  readonly open: boolean
}

const EXPONENTS: Record<string, number> = { k: 3, 千: 3, w: 4, 万: 4, 萬: 4, m: 6, 亿: 8, 億: 8 }
const SHAPE = /^([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,30})(?:\.(\d{1,18}))?\s?(千|万|萬|亿|億|[kwm])?\s?(\+?)$/i
const MAX_LENGTH = 60

/**
 * Reads `65447`, `65,447`, `1.0`, `2.1万`, `6.5亿`, `1.2k`, `50w+`, `10+`, also in full-width digits.
 * @returns undefined for any text that is not a whole number
 */
export function readNumber(text: string): NumberText | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const match = SHAPE.exec(text.normalize('NFKC').trim())
  if (!match) return undefined
  const [, sign, whole, fraction = '', unit, plus] = match
  const scale = unit ? EXPONENTS[unit.toLowerCase()]! : 0
  // Zeros after the last significant decimal have no meaning: `1.0` is 1.
  const decimals = fraction.length > scale ? fraction.replace(/0+$/, '').padEnd(scale, '0') : fraction
  if (decimals.length > scale) return undefined
  const step = unit ? 10n ** BigInt(scale - decimals.length) : 1n
  const magnitude = BigInt(whole!.replaceAll(',', '') + decimals) * step
  return { value: sign === '-' ? -magnitude : magnitude, step, open: plus === '+' }
}

/** Whether the true number may differ from the one shown. */
export function isInexact(number: NumberText): boolean {
  return number.step > 1n || number.open
}
