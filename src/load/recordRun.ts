import { all, first, quotedName, type Cell, type Connection } from '../core/duckdb.js'
import type { AheadRun } from '../model/clock.js'
import { DEFINITION_FAILED } from '../model/definitionFaults.js'
import { type CodeCount, type Counts, type DayReceipt, type DriftReceipt, STATUSES } from '../model/receipt.js'

/** The receipt of a run as the table `runs` keeps it; times are milliseconds since 1970. */
export interface RunRecord {
  readonly runId: string
  readonly startedAt: number
  /** When its ids were asked for, if not by this run: ages count from then. */
  readonly askedAt?: number | undefined
  readonly finishedAt: number
  readonly status: 'done' | 'stopped'
  readonly exitCode: number
  /** Why the exit code is 3. */
  readonly exitReason: string | null
  readonly stop: {
    readonly reason: string
    readonly code: string
    readonly message: string
    readonly runAgain: string
  } | null
  readonly pipeline: string
  readonly simulated: boolean
  readonly host: string
  /** The version of creator-enrich. */
  readonly version: string
  /** Whether it was a night of the tracked lists. */
  readonly tracked: boolean
  /** How old profiles might get, seconds; null if the run did not go by age. */
  readonly maxAge: { readonly standard: number; readonly byTier: ReadonlyMap<string, number> } | null
  readonly rows: Counts
  readonly ids: Counts
  readonly askedIds: number
  /** Whether most answers were of no use. */
  readonly useless: boolean
  /** Runs that came before this one although their ids are later. */
  readonly earlierRuns: readonly string[]
  /** Earlier runs whose clock was ahead, found by this run. */
  readonly aheadRuns: readonly AheadRun[]
  /** People who left their last list longer ago than this are erased, milliseconds; absent: nobody is. */
  readonly keepPeople?: number | undefined
  /** Older history is dropped; absent: none is. */
  readonly historyFrom?: number | undefined
  readonly calls: { readonly sent: number; readonly billed: number; readonly maybeBilled: number }
  readonly days: readonly DayReceipt[]
  readonly pace: {
    readonly callsPerSecond: number | null
    readonly limitPerSecond: number | null
    readonly inFlightLimit: number | null
  }
  readonly money: {
    readonly currency: string
    readonly price: number
    readonly billed: number
    readonly maybeBilled: number
    readonly saved: number
  }
}

/** Writes the row of a run in place of an older one. Recording it again changes nothing. */
export async function recordRun(connection: Connection, record: RunRecord): Promise<void> {
  const cells = cellsOf(record)
  const names = Object.keys(cells)
  const values = names.map((name) => (/_(at|from)$/.test(name) ? `$${name}::TIMESTAMPTZ` : `$${name}`))
  await connection.run(
    `INSERT OR REPLACE INTO runs (${names.map(quotedName).join(', ')}) VALUES (${values.join(', ')})`,
    cells,
  )
}

/** All runs in the table, with a receipt or without. */
export async function countRuns(connection: Connection): Promise<number> {
  const row = await first<{ runs: number }>(connection, 'SELECT count(*) AS runs FROM runs')
  return row!.runs
}

/** Calls of a loaded run by code, most calls first. */
export async function runCodes(connection: Connection, runId: string): Promise<CodeCount[]> {
  return all<CodeCount>(
    connection,
    `SELECT code, calls, billed, maybe_billed, p50_ms, p95_ms, max_ms FROM run_codes
     WHERE run_id = $runId ORDER BY calls DESC, code`,
    { runId },
  )
}

/** Calls of all runs that were sent and never answered, and whose id has no later answer. */
export async function unresolvedCalls(connection: Connection): Promise<number> {
  const row = await first<{ calls: number }>(
    connection,
    'SELECT count(*) AS calls FROM ambiguous_calls WHERE resolved_at IS NULL',
  )
  return row!.calls
}

/** Where answers since a time (milliseconds) differ from the definition, most frequent first. */
export async function driftSince(connection: Connection, since: number): Promise<DriftReceipt[]> {
  return all<DriftReceipt>(
    connection,
    `SELECT path, kind, expected, found, answers, example_user_id FROM schema_drift
     WHERE last_seen_at >= $at::TIMESTAMPTZ ORDER BY answers DESC, path, kind, expected, found`,
    { at: new Date(since).toISOString() },
  )
}

/** The number of such places that no answer before that time had. */
export async function newDriftSince(connection: Connection, since: number): Promise<number> {
  const row = await first<{ places: number }>(
    connection,
    'SELECT count(*) AS places FROM schema_drift WHERE first_seen_at >= $at::TIMESTAMPTZ',
    { at: new Date(since).toISOString() },
  )
  return row!.places
}

/** How many answers of the run a function of the pipeline failed for, and the first such failure. */
export async function failedDefinitionIn(
  connection: Connection,
  runId: string,
): Promise<{ readonly answers: number; readonly first: string | null }> {
  const row = await first<{ answers: number; first: string | null }>(
    connection,
    `SELECT count(DISTINCT (user_id, observed_at)) AS answers, min_by(detail, observed_at) AS first
     FROM anomalies WHERE run_id = $runId AND kind = '${DEFINITION_FAILED}'`,
    { runId },
  )
  return row!
}

function jsonOrNull(items: readonly unknown[]): string | null {
  return items.length === 0 ? null : JSON.stringify(items)
}

/** Not JSON, so that every client can read it in a view. */
function pairsOf(values: ReadonlyMap<string, number>): string {
  return [...values].map(([name, value]) => `${name}=${value}`).join(',')
}

function cellsOf(record: RunRecord): Record<string, Cell> {
  const { rows, ids, calls, pace, money, stop, maxAge } = record
  const counts = (['read', ...STATUSES] as const).flatMap((key) => [
    [`rows_${key}`, BigInt(rows[key])] as const,
    [`ids_${key}`, BigInt(ids[key])] as const,
  ])
  return {
    run_id: record.runId,
    started_at: new Date(record.startedAt).toISOString(),
    finished_at: new Date(record.finishedAt).toISOString(),
    asked_at: record.askedAt === undefined ? null : new Date(record.askedAt).toISOString(),
    last_call_at: null,
    status: record.status,
    exit_code: BigInt(record.exitCode),
    exit_reason: record.exitReason,
    stop_reason: stop?.reason ?? null,
    stop_code: stop?.code ?? null,
    stop_message: stop?.message ?? null,
    run_again: stop?.runAgain ?? null,
    pipeline: record.pipeline,
    simulated: record.simulated,
    host: record.host,
    version: record.version,
    tracked: record.tracked,
    max_age_seconds: maxAge === null ? null : BigInt(maxAge.standard),
    max_age_by_tier: maxAge === null || maxAge.byTier.size === 0 ? null : pairsOf(maxAge.byTier),
    ...Object.fromEntries(counts),
    asked_ids: BigInt(record.askedIds),
    useless: record.useless,
    earlier_runs: jsonOrNull(record.earlierRuns),
    ahead_runs: jsonOrNull(record.aheadRuns),
    keep_people_ms: record.keepPeople === undefined ? null : BigInt(Math.round(record.keepPeople)),
    history_from: record.historyFrom === undefined ? null : new Date(record.historyFrom).toISOString(),
    calls: BigInt(calls.sent),
    billed_calls: BigInt(calls.billed),
    maybe_billed_calls: BigInt(calls.maybeBilled),
    currency: money.currency,
    price: money.price,
    money_billed: money.billed,
    money_maybe_billed: money.maybeBilled,
    money_saved: money.saved,
    billed_by_day: JSON.stringify(record.days.map(({ day, billed, maybe_billed }) => ({ day, billed, maybe_billed }))),
    calls_per_second: pace.callsPerSecond,
    limit_per_second: pace.limitPerSecond,
    in_flight_limit: pace.inFlightLimit === null ? null : BigInt(pace.inFlightLimit),
  }
}
