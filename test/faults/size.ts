/** `make test` runs the short form, `make soak` the long form of the same scenarios. */
export const LONG = process.env['FAULTS'] === 'long'

export function sized<T>(short: T, long: T): T {
  return LONG ? long : short
}

/** `SHARE=0.3 make soak` tries this share of the points and trials of the long form. */
const SHARE = Number(process.env['SHARE'] ?? 1)

/** A number of points or trials, at least 1. */
export function sample(short: number, long: number): number {
  return LONG ? Math.max(1, Math.round(long * SHARE)) : short
}

/** From one point to the next where their number is not known before; every point in the long form without `SHARE`. */
export const STEP = Math.max(1, Math.round(1 / SHARE))

/** Random numbers, 0 ≤ x < 1; the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** `count` numbers from 0 to 1: a random one from each of `count` equal parts. */
export function spread(count: number, seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, index) => (index + random()) / count)
}

/** At most `count` of the whole numbers from 1 to `last`, evenly spread; from three on with the first and the last. */
export function stride(last: number, count: number): number[] {
  if (last <= count) return Array.from({ length: last }, (_, index) => index + 1)
  const [from, step] = count < 3 ? [last / (count + 1), last / (count + 1)] : [1, (last - 1) / (count - 1)]
  return Array.from({ length: count }, (_, index) => Math.round(from + index * step))
}
