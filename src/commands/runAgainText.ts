import { localTime } from '../core/time.js'
import { timeOf } from '../terminal/progress.js'

/** How `runAgain` writes the start of the next day. */
const MIDNIGHT = /(\d{4}-\d\d-\d\dT\S+Z) \(midnight, ([^)]+)\)/

/** The text of `runAgain` for people: the time as it is in that zone, and how far away it is. */
export function runAgainText(text: string, now: number): string {
  return text.replace(MIDNIGHT, (_, time: string, timeZone: string) => {
    const at = Date.parse(time)
    const away = at > now ? `in ${timeOf((at - now) / 1000)}` : 'which has passed'
    return `${localTime(timeZone, at)} (${timeZone}), ${away}`
  })
}
