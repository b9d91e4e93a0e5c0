/**
 * What is done about a wrong clock. Ages are differences of times of this machine, so a clock that was ahead once would make
 * answers fresh for that long. The `Date` of the API's first answer shows which clock is wrong: the own one now, or that of
 * an earlier run.
 */

/** A clock may differ by this, milliseconds. */
export const CLOCK_TOLERANCE_MS = 3_600_000

/** SQL for ORDER BY over `runs`: the newest first; those that are dated ahead come last, as a clock was wrong. */
export const NEWEST_RUNS_FIRST = `epoch_ms(started_at) > epoch_ms(now()) + ${CLOCK_TOLERANCE_MS}, started_at DESC, run_id DESC`

/** SQL condition of two rows of `runs`, by their aliases: the one run came before the other, whatever their clocks showed. */
export function cameBefore(earlier: string, later: string): string {
  const knows = (run: string, other: string): string =>
    `coalesce(contains(${run}.earlier_runs, ${other}.run_id), FALSE)`
  return `CASE WHEN ${earlier}.run_id < ${later}.run_id THEN NOT ${knows(earlier, later)} ELSE ${knows(later, earlier)} END`
}

/** A run whose clock was ahead, as a later run found it. Times are milliseconds. */
export interface AheadRun {
  readonly run_id: string
  /** Times of that run after this one are wrong. */
  readonly after: number
  /** The wrong times were at least this much ahead. */
  readonly ahead_ms: number
}

/** The type of a list of `AheadRun` for `from_json`. */
export const AHEAD_RUNS_JSON = '[{"run_id": "VARCHAR", "after": "BIGINT", "ahead_ms": "BIGINT"}]'

/** Corrects the times of runs whose clock was ahead: to the latest time that is possible, in their order. */
export class ClockCorrection {
  private readonly runs: ReadonlyMap<string, AheadRun>

  constructor(runs: readonly AheadRun[]) {
    this.runs = new Map(runs.map((run) => [run.run_id, run]))
  }

  /** The time itself if it is not wrong. */
  of(runId: string, time: number): number {
    const run = this.runs.get(runId)
    return run !== undefined && time > run.after ? time - run.ahead_ms : time
  }
}

/** RFC 9110: the usual form of a date in HTTP, and two older ones. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/

/**
 * The API's time when it sent an answer, milliseconds since 1970. An answer from a cache is older by its `Age`, in seconds.
 * @returns undefined without a readable `Date`, or with an `Age` that cannot be read: nothing follows then
 */
export function upstreamTime(date: string | undefined, age: string | undefined): number | undefined {
  const text = date?.trim() ?? ''
  const seconds = age === undefined ? '0' : age.trim()
  if (!HTTP_DATE.test(text) || !/^\d{1,10}$/.test(seconds)) return undefined
  // The oldest form names no zone; it is GMT too.
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(time) ? undefined : time + Number(seconds) * 1000
}
