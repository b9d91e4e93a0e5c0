import { LocalError } from '../core/errors.js'
import type { CallEnd } from '../model/call.js'
import { CLOCK_TOLERANCE_MS } from '../model/clock.js'

/**
 * Compares the clock of this machine with the API's, by the first answer with a readable `Date`. A wrong clock stops the
 * run: it would pay for ids again that are fresh, and date their answers wrongly.
 */
export class ClockCheck {
  /** Set when the own clock is wrong. */
  failure: LocalError | undefined
  /** Whether the API has confirmed the own clock. */
  isConfirmed = false
  /** How far the own clock is ahead, milliseconds; 0 unless it is wrong. */
  private aheadMs = 0

  /**
   * @param startedAt the start of the run, by the own clock
   * @param host for messages
   * @param run measures the time since its start by another clock
   */
  constructor(
    private readonly startedAt: number,
    private readonly host: string,
    private readonly run: { elapsed(): number },
  ) {}

  /** @returns the same end; dated by the API's clock if the own one is wrong, so that the paid answer has the right age */
  ended(end: CallEnd): CallEnd {
    if (!this.isConfirmed && this.failure === undefined) this.compare(end)
    if (this.aheadMs === 0) return end
    return { ...end, sentAt: end.sentAt - this.aheadMs, receivedAt: end.receivedAt - this.aheadMs }
  }

  private compare(end: CallEnd): void {
    if (end.kind !== 'answer' || end.upstreamAt === undefined) return
    const { sentAt, receivedAt, upstreamAt } = end
    const { startedAt, run } = this
    // The answer was sent between these two: a process may have been frozen meanwhile.
    const aheadMs = sentAt - upstreamAt
    const behindMs = upstreamAt - receivedAt
    if (aheadMs > CLOCK_TOLERANCE_MS) this.stop(aheadMs, receivedAt, upstreamAt)
    else if (behindMs > CLOCK_TOLERANCE_MS) this.stop(-behindMs, receivedAt, upstreamAt)
    // The clock was set back after the run had begun, so all its ages are wrong.
    else if (startedAt - upstreamAt > CLOCK_TOLERANCE_MS)
      this.stop(0, startedAt, upstreamAt, 'showed at the start of the run')
    // Not so if it was set forward meanwhile, or the machine slept.
    else this.isConfirmed = upstreamAt - (startedAt + run.elapsed()) <= CLOCK_TOLERANCE_MS
  }

  private stop(aheadMs: number, own: number, upstream: number, shows = 'shows'): void {
    this.aheadMs = aheadMs
    this.failure = this.wrongClock(own, upstream, shows)
  }

  private wrongClock(own: number, upstream: number, shows: string): LocalError {
    const [shown, right] = [own, upstream].map((time) => `${new Date(time).toISOString().slice(0, 19)}Z`)
    const hours = Math.abs(own - upstream) / 3_600_000
    const far = hours < 48 ? `${hours.toFixed(1)} hours` : `${Math.round(hours / 24)} days`
    return new LocalError(
      `the clock of this machine is ${far} ${own > upstream ? 'ahead' : 'behind'}: it ${shows} ${shown}, and the API (${this.host}) sent ${right}. The run stopped, because all ages depend on the clock; the answers that arrived are kept. Set the clock (\`timedatectl set-ntp true\`), then run the same command again`,
    )
  }
}
