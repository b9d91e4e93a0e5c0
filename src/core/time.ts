export const DAY_MS = 86_400_000

/**
 * A run id, which sorts by start: `20261122T220537Z-1f3a`. The hex digits hold the millisecond of the start, times
 * 65, and a random number below 65, so that two runs in the same second sort too.
 *
 * @param random from 0 to below 1
 */
export function runIdAt(startedAt: number, random: number): string {
  const stamp = new Date(startedAt).toISOString().replace(/[-:]|\.\d+/g, '')
  return `${stamp}-${((startedAt % 1000) * 65 + Math.floor(random * 65)).toString(16).padStart(4, '0')}`
}

/** A time in a zone, for people: `2026-11-22 23:05`. Whatever shows it names the zone. */
export function localTime(timeZone: string, time: number): string {
  return new Date(time).toLocaleString('sv-SE', { timeZone }).slice(0, -3)
}

/** The same with the zone: `2026-11-22 23:05 (Asia/Shanghai)`. */
export function zonedTime(timeZone: string, time: number): string {
  return `${localTime(timeZone, time)} (${timeZone})`
}

/** Making one takes hundreds of times as long as using it. */
const dayFormats = new Map<string, Intl.DateTimeFormat>()

/** The calendar day of a time in a zone, `YYYY-MM-DD`. */
export function dayIn(timeZone: string, time: number): string {
  let format = dayFormats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    dayFormats.set(timeZone, format)
  }
  return format.format(time)
}

/** The start of the next calendar day in a zone (zones with a whole-minute offset and no change that night). */
export function nextDayIn(timeZone: string, time: number): number {
  const today = dayIn(timeZone, time)
  let low = time
  let high = time + 26 * 3_600_000
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (dayIn(timeZone, middle) === today) low = middle
    else high = middle
  }
  return high
}

/** The start of the calendar day of a time in a zone, with the same limits. */
export function dayStartIn(timeZone: string, time: number): number {
  return nextDayIn(timeZone, time - DAY_MS)
}
