/**
 * What an id asks the simulator for. Both markers are hex, so an id of 24 hex digits stays one.
 * `K` counts the calls that get it before the id answers as usual, 0 means always; counts start again each night.
 */
export const markers = {
  c0de: {
    form: 'c0deKCCC',
    what: 'K calls for this id get code CCC before it answers as usual; K = 0: all of them',
    example: '5f00000000000000c0de0400',
  },
  fa17: {
    form: 'fa17KNNN',
    what: 'K calls for this id get fault NNN (before any code marker) before it answers as usual; K = 0: all of them',
    example: '5f00000000000000fa171005',
  },
} as const

export interface Marked {
  readonly code?: number
  readonly fault?: number
}

/** What the `n`-th call for this id (from 0) shall get by its markers; undefined: nothing special. */
export function markedBehaviour(id: string, n: number): Marked | undefined {
  const fault = marker(id, 'fa17')
  if (fault && (fault.times === 0 || n < fault.times)) return { fault: fault.number }
  const code = marker(id, 'c0de')
  if (code && (code.times === 0 || n - (fault?.times ?? 0) < code.times)) return { code: code.number }
  return undefined
}

/** Whether calls for this id must be counted. */
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
