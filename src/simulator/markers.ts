/**
 * Parts of an id that request a code or a fault. They are hex digits, so the id stays valid.
 * `K` is the number of calls that get it before the usual answer; 0 means all calls. Counts restart each night.
 */
export const markers = {
  c0de: {
    form: 'c0deKCCC',
    what: 'the first K calls for this id get code CCC; K = 0: all calls',
    example: '5f00000000000000c0de0400',
  },
  fa17: {
    form: 'fa17KNNN',
    what: 'the first K calls for this id get fault NNN, before any code marker; K = 0: all calls',
    example: '5f00000000000000fa171005',
  },
} as const

export interface Marked {
  readonly code?: number
  readonly fault?: number
}

/** What the markers of this id request for its `n`-th call (from 0); undefined: the usual answer. */
export function markedBehaviour(id: string, n: number): Marked | undefined {
  const fault = marker(id, 'fa17')
  if (fault && (fault.times === 0 || n < fault.times)) return { fault: fault.number }
  const code = marker(id, 'c0de')
  if (code && (code.times === 0 || n - (fault?.times ?? 0) < code.times)) return { code: code.number }
  return undefined
}

/** Whether the id has a marker, so that its calls must be counted. */
export function isMarked(id: string): boolean {
  return marker(id, 'fa17') !== undefined || marker(id, 'c0de') !== undefined
}

function marker(id: string, word: keyof typeof markers): { times: number; number: number } | undefined {
  const at = id.indexOf(word)
  if (at < 0) return undefined
  const digits = id.slice(at + 4, at + 8)
  if (!/^\d{4}$/.test(digits)) return undefined
  return { times: Number(digits[0]), number: Number(digits.slice(1)) }
}
