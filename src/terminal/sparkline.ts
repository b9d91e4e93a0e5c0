const BARS = '▁▂▃▄▅▆▇█'

/** A curve of numbers in one letter each, from the least to the most; a blank where there is none. */
export function sparkline(numbers: readonly (number | null)[]): string {
  const known = numbers.filter((number) => number !== null)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const step = (most - least) / (BARS.length - 1)
  return numbers
    .map((number) => (number === null ? ' ' : step === 0 ? BARS[3]! : BARS[Math.round((number - least) / step)]!))
    .join('')
}
