import { count, labelLine, visibleLine } from '../core/text.js'
import type { StopReason } from './outcome.js'
import type { ExitReason } from './runExit.js'

/** The status of a row, or of an id, in one run. */
export const STATUSES = ['enriched', 'reused', 'empty', 'failed', 'rejected', 'parked'] as const
export type RowStatus = (typeof STATUSES)[number]

/** `read` is counted while the input is read, and the statuses are counted later: their sum must equal `read`. */
export type Counts = Readonly<Record<RowStatus | 'read', number>>

export interface ReasonCount {
  readonly status: RowStatus
  readonly reason: string
  readonly rows: number
  readonly ids: number
}

export interface CodeCount {
  readonly code: string
  readonly calls: number
  /** Calls that were billed, and calls that may have been billed. */
  readonly billed: number
  readonly maybe_billed: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly max_ms: number | null
}

/** What became of links and names that a run was to turn into ids. */
export interface ResolvedReceipt {
  /** Those that the API was to be asked for. */
  readonly inputs: number
  readonly found: number
  /** They lead to nobody. */
  readonly not_found: number
  readonly failed: number
  readonly parked: number
  /** Not among the inputs: an unanswered call of an earlier run may have been paid. */
  readonly held: number
  /** Price of the calls for them; the money of the run contains it. */
  readonly money_billed: number
  readonly money_maybe_billed: number
}

/** The calls that a run sent on one calendar day of the pipeline's zone, `YYYY-MM-DD`. */
export interface DayReceipt {
  readonly day: string
  readonly billed: number
  readonly maybe_billed: number
  /** Price of both. */
  readonly money: number
}

export interface ListReceipt {
  readonly list: string
  readonly source: string
  readonly id_column: string
  readonly rows: number
  readonly ids: number
  /** Ids that were added and removed since the list was last read. */
  readonly added: number
  readonly removed: number
  /** The built-in pipelines that read the list, where almost nothing in it is an id of this one. */
  readonly other_pipelines?: readonly string[]
}

/** What reading a list changed: `list creators: +2 −1`. */
export function changeText({ list, added, removed }: Pick<ListReceipt, 'list' | 'added' | 'removed'>): string {
  return `list ${visibleLine(list)}: +${count(added)} −${count(removed)}`
}

/** Which pipeline reads a list that is not of this one, on two lines. */
export function foreignLines({
  list,
  other_pipelines: others = [],
}: Pick<ListReceipt, 'list' | 'other_pipelines'>): string[] {
  if (others.length === 0) return []
  return [
    labelLine('wrong list', `${list} has hardly an id of this pipeline. Another data folder reads it:`),
    labelLine('', `--pipeline ${others.join(' or ')}`),
  ]
}

/** A place where answers differ from the pipeline's definition, with the columns of table `schema_drift`. */
export interface DriftReceipt {
  readonly path: string
  readonly kind: string
  readonly expected: string | null
  readonly found: string | null
  /** Number of profiles with this drift, in all runs. */
  readonly answers: number
  readonly example_user_id: string
}

export interface StopNotice {
  readonly reason: StopReason
  readonly code: string
  readonly message: string
  /** Whose limit is used up; null for a stop that no limit of the vendor caused. A token of another account still has its own. */
  readonly limit: 'account' | 'token' | null
  /** When to run the same command again: a time (ISO 8601), or what must be done first. */
  readonly run_again: string
}

/** The receipt of one run: `--json` prints it, the summary shows it, table `runs` keeps it. Times are ISO 8601, UTC. */
export interface Receipt {
  readonly run_id: string
  readonly version: string
  readonly pipeline: string
  readonly simulated: boolean
  readonly host: string
  readonly data: string
  readonly started_at: string
  readonly finished_at: string
  readonly seconds: number
  readonly exit_code: number
  /** Why the exit code is 3. */
  readonly exit_reason: ExitReason | null
  readonly stop: StopNotice | null
  readonly lists: readonly ListReceipt[]
  readonly rows: Counts
  readonly ids: Counts
  readonly reconciled: boolean
  readonly reasons: readonly ReasonCount[]
  /** Absent without inputs to resolve. */
  readonly resolved?: ResolvedReceipt
  /** Ids to fetch by the plan; ids, and inputs to resolve, with at least one call. */
  readonly due_ids: number
  readonly asked_ids: number
  readonly calls: {
    readonly sent: number
    readonly billed: number
    readonly maybe_billed: number
    readonly codes: readonly CodeCount[]
    /** Two for a run that crossed midnight: each call counts for the day in which it was sent. */
    readonly days: readonly DayReceipt[]
  }
  /** The pace of the fetch only. A limit is `null` if the API showed none. */
  readonly pace: {
    readonly calls_per_second: number
    readonly limit_per_second: number | null
    readonly in_flight_limit: number | null
  }
  readonly money: {
    readonly currency: string
    /** Of a call for a profile. */
    readonly price: number
    readonly billed: number
    readonly maybe_billed: number
    /** What the reused and empty answers would have cost. */
    readonly saved: number
  }
  /** From runs that were cut off: answers that this run loaded, and calls without a known end. */
  readonly recovered: { readonly answers: number; readonly unknown: number; readonly damaged: number }
  /** Where answers of this run differ from the definition, the most frequent difference first. */
  readonly drift: readonly DriftReceipt[]
  /** Calls of all runs that were sent and never answered, without a later conclusive answer for the same id. */
  readonly ambiguous_calls: number
  /** Earlier runs whose clock was found to have been ahead: their times are corrected. */
  readonly corrected_runs: number
  /** People who left their last list and were erased; absent without `--keep-people`. */
  readonly erased_people?: number
  readonly files: PublishedFiles & {
    /** Absent with `--no-report`, and if it could not be written. */
    readonly report?: string
  }
}

/** The exports that have the failures of a run: a link or name without an id is in those of its list only. */
export function failureFiles({ ids, resolved }: Pick<Receipt, 'ids' | 'resolved'>): string[] {
  const isInLists = resolved !== undefined && resolved.failed > 0
  return [...(ids.failed > 0 || !isInLists ? ['failures.csv'] : []), ...(isInLists ? ['<list>.enriched.csv'] : [])]
}

/** Why the ids that were not fetched are parked. */
export type ParkReason = 'cap' | 'quota' | 'balance' | 'queued' | 'stopped'

export function parkReasonOf(stop: StopReason | undefined): ParkReason {
  return stop === 'cap' || stop === 'quota' || stop === 'balance' ? stop : 'stopped'
}

/** @throws Error with the counts if the number read differs from the number with a status */
export function reconcile(what: string, counts: Counts): void {
  const sum = STATUSES.reduce((total, status) => total + counts[status], 0)
  if (sum === counts.read) return
  const parts = STATUSES.map((status) => `${status} ${counts[status]}`).join(', ')
  throw new Error(`${what} do not reconcile: ${counts.read} read, but ${sum} have a status (${parts})`)
}

/** The files that a command published; paths are absolute. */
export interface PublishedFiles {
  readonly database: string
  readonly exports: readonly string[]
  /** Files that were requested but could not be written, with the reason; absent if there are none. */
  readonly left_out?: readonly string[]
}

/** The published files as lines of a summary. */
export function fileLines({ database, exports, left_out = [] }: PublishedFiles): string[] {
  return [
    labelLine('database', database),
    ...exports.map((path, at) => labelLine(at === 0 ? 'exports' : '', path)),
    ...left_out.map((reason, at) => labelLine(at === 0 ? 'left out' : '', reason)),
  ]
}
