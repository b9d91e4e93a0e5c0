import type { CallEnd, DueId } from '../../model/call.js'
import { isUnusable, showsUpstreamWorks } from '../../model/interpret.js'
import type { Outcome } from '../../model/outcome.js'
import { USELESS } from '../constants.js'
import type { Stop } from '../stop.js'

/** `empty`: for an id of which nothing is known, so that only very many of them mean something. */
type Worth = 'useless' | 'empty' | 'other'

type UselessStop = Pick<Stop, 'code' | 'message'>

/**
 * Counts the answers that may cost money and bring nothing. More calls would only cost more in two cases:
 * - Most answers are unreadable, misdelivered, not usable JSON, or empty for an id whose last conclusive answer was a profile.
 *   Then the upstream is broken, and its empty answers prove nothing.
 * - Many in a row hold neither a profile nor the word that there is none, as with a code that is not documented.
 */
export class UselessAnswers {
  /** The last answers, oldest first. */
  private readonly last: Worth[] = []
  private readonly counts: Record<Worth, number> = { useless: 0, empty: 0, other: 0 }
  private inARow = 0

  /** Whether most answers were of no use, so that the empty ones prove nothing. Once they were, it stays so. */
  isUseless = false
  /** Why the run should stop, if it should. */
  stop: UselessStop | undefined

  ended(end: CallEnd, outcome: Outcome, { last }: DueId): void {
    this.countInARow(end, outcome)
    const worth = worthOf(end, outcome, last)
    if (worth !== undefined) this.count(worth)
  }

  /** An id is finished because the endpoint seems not to have it. Of one that had a profile, that is as little use as an empty answer. */
  missing({ last }: DueId): void {
    if (last === 'profile') this.count('useless')
  }

  private count(worth: Worth): void {
    this.last.push(worth)
    this.counts[worth] += 1
    if (this.last.length > USELESS.lastAnswers) this.counts[this.last.shift()!] -= 1
    const { useless, empty } = this.counts
    this.judge(USELESS.fewest)
    if (useless + empty >= USELESS.uselessOrEmpty)
      this.distrust(`${useless + empty} of the last ${this.last.length} answers brought no profile`)
  }

  /** Judges the answers of a whole run, or of its first calls, which may be few. */
  judgeFew(): void {
    this.judge(USELESS.fewestOfShortRun)
  }

  private judge(fewest: number): void {
    const { useless } = this.counts
    if (useless < fewest || useless <= this.last.length / 2) return
    this.distrust(
      `${useless} of the last ${this.last.length} answers were of no use: not readable, of another id, or empty for a creator that had a profile`,
    )
  }

  private distrust(message: string): void {
    this.isUseless = true
    this.stop ??= { code: 'useless', message }
  }

  private countInARow(end: CallEnd, outcome: Outcome): void {
    const { kind, code, billed, message } = outcome
    if (billed === 'no' || !showsUpstreamWorks(end, outcome)) return
    this.inARow = kind === 'profile' || kind === 'empty' ? 0 : this.inARow + 1
    if (this.inARow < USELESS.inARow) return
    this.stop ??= {
      code,
      message: `${this.inARow} answers in a row cost money and were of no use, last: ${message}`,
    }
  }
}

/** Undefined for what says nothing about the answers: an expected empty answer, a refusal, a fault. */
function worthOf(end: CallEnd, { kind, code }: Outcome, last: DueId['last']): Worth | undefined {
  if (end.kind !== 'answer') return undefined
  if (isUnusable(code)) return end.status >= 200 && end.status < 300 ? 'useless' : undefined
  if (kind === 'misdelivered' || kind === 'unreadable') return 'useless'
  if (kind === 'profile' || kind === 'refused') return 'other'
  if (kind !== 'empty' || last === 'empty') return undefined
  return last === 'profile' ? 'useless' : 'empty'
}
