import type { CallEnd, DueId } from '../../model/call.js'
import { isUnusable } from '../../model/interpret.js'
import type { Outcome } from '../../model/outcome.js'
import { USELESS } from '../constants.js'

/** `empty`: for an id of which nothing is known, so that only very many of them mean something. */
type Worth = 'useless' | 'empty' | 'other'

/**
 * Counts the answers that may cost money and bring nothing: unreadable, misdelivered, not usable JSON, or empty for an id
 * whose last conclusive answer was a profile. Where most answers are like that, the upstream is broken: more calls would
 * only cost more, and its empty answers prove nothing.
 */
export class UselessAnswers {
  /** The last answers, oldest first. */
  private readonly last: Worth[] = []
  private readonly counts: Record<Worth, number> = { useless: 0, empty: 0, other: 0 }
  private reason: string | undefined

  /** Why the run should stop, if it should. Once it should, it stays so. */
  get stopReason(): string | undefined {
    return this.reason
  }

  ended(end: CallEnd, outcome: Outcome, { last }: DueId): void {
    const worth = worthOf(end, outcome, last)
    if (worth === undefined) return
    this.last.push(worth)
    this.counts[worth] += 1
    if (this.last.length > USELESS.lastAnswers) this.counts[this.last.shift()!] -= 1
    const { useless, empty } = this.counts
    this.judge(USELESS.fewest)
    if (useless + empty >= USELESS.uselessOrEmpty)
      this.reason ??= `${useless + empty} of the last ${this.last.length} answers brought no profile`
  }

  /** Judges the answers of a whole run, or of its first calls, which may be few. */
  judgeFew(): void {
    this.judge(USELESS.fewestOfShortRun)
  }

  private judge(fewest: number): void {
    const { useless } = this.counts
    if (useless < fewest || useless <= this.last.length / 2) return
    this.reason ??= `${useless} of the last ${this.last.length} answers were of no use: not readable, of another id, or empty for a creator that had a profile`
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
