import { dayIn, nextDayIn } from '../../core/time.js'

/** The calendar day of a time in a zone. Asked for at each call, so it is worked out only when the day changes. */
export class CalendarDay {
  private day = ''
  private from = Infinity
  private until = -Infinity

  constructor(private readonly timeZone: string) {}

  /** `YYYY-MM-DD`. */
  at(time: number): string {
    if (time < this.from || time >= this.until) {
      this.day = dayIn(this.timeZone, time)
      this.from = time
      this.until = nextDayIn(this.timeZone, time)
    }
    return this.day
  }
}
