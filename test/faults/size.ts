/** The short form is part of `make test`; `make soak` runs the long one, through the same scenarios. */
export const LONG = process.env['FAULTS'] === 'long'

export function sized<T>(short: T, long: T): T {
  return LONG ? long : short
}

/** Always the same dice for the same seed (mulberry32): 0 ≤ x < 1. */
export function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** So many numbers from 0 to 1, one at random from each equal part. */
export function spread(count: number, seed: number): number[] {
  const random = dice(seed)
  return Array.from({ length: count }, (_, index) => (index + random()) / count)
}

/** At most so many of the whole numbers from 1 to `last`, evenly spread: with three and more, the first and the last too. */
export function stride(last: number, count: number): number[] {
  if (last <= count) return Array.from({ length: last }, (_, index) => index + 1)
  const [from, step] = count < 3 ? [last / (count + 1), last / (count + 1)] : [1, (last - 1) / (count - 1)]
  return Array.from({ length: count }, (_, index) => Math.round(from + index * step))
}
