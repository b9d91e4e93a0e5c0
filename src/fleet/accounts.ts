import { nextDayIn } from '../core/time.js'
import type { StopReason } from '../model/outcome.js'
import type { FleetDatabase } from './database.js'

/** What one token may do, over all workers that have it. The token itself is not known to the database. */
export interface AccountLimits {
  readonly account: string
  readonly perSecond: number | undefined
  /** Calls a day that are billed, may be billed or are in flight. */
  readonly dayCalls: number | undefined
}

/** Declares an account; the limits of the worker that was started last hold for all. */
export async function declareAccount({ query }: FleetDatabase, limits: AccountLimits): Promise<void> {
  const { account, perSecond, dayCalls } = limits
  await query(
    `INSERT INTO accounts (account, per_second, day_calls) VALUES ($1, $2, $3)
     ON CONFLICT (account) DO UPDATE SET per_second = excluded.per_second, day_calls = excluded.day_calls`,
    [account, perSecond ?? null, dayCalls ?? null],
  )
}

/** Why an account may not call. */
export interface AccountStop {
  readonly reason: StopReason
  readonly code: string
  readonly message: string
  /** Milliseconds since 1970; undefined: until a person lets it go on. */
  readonly resumesAt: number | undefined
}

/** Stops every worker of the account: each asks before it sends. A stop that stands is not replaced by one that ends by itself. */
export async function stopAccount(
  { query }: FleetDatabase,
  account: string,
  { reason, code, message, at }: Omit<AccountStop, 'resumesAt'> & { readonly at: number },
  timeZone: string,
): Promise<void> {
  const resumesAt = reason === 'quota' ? new Date(nextDayIn(timeZone, at)).toISOString() : null
  await query(
    `UPDATE accounts SET stop_reason = $2, stop_code = $3, stop_message = $4, stopped_at = clock_timestamp(), resumes_at = $5
     WHERE account = $1 AND (stopped_at IS NULL OR resumes_at IS NOT NULL)`,
    [account, reason, code, message, resumesAt],
  )
}

export interface Standing {
  readonly isFleetStopped: boolean
  readonly stop: AccountStop | undefined
  /** Whether the budget of the day is taken. */
  readonly isDayTaken: boolean
  /** Milliseconds until the account may go on; undefined: not known. */
  readonly waitMs: number | undefined
}

/** Whether an account may call now. */
export async function readStanding({ query }: FleetDatabase, account: string): Promise<Standing> {
  const [row] = await query<{
    fleet_stopped: boolean
    is_stopped: boolean
    stop_reason: StopReason
    stop_code: string
    stop_message: string
    resumes_in: number | null
    resumes_at: number | null
    day_taken: boolean
  }>(
    `SELECT
       coalesce(fleet.stopped_at IS NOT NULL, FALSE) AS fleet_stopped,
       accounts.stopped_at IS NOT NULL AND (resumes_at IS NULL OR resumes_at > clock_timestamp()) AS is_stopped,
       stop_reason, stop_code, stop_message,
       (extract(epoch FROM resumes_at - clock_timestamp()) * 1000)::float8 AS resumes_in,
       (extract(epoch FROM resumes_at) * 1000)::float8 AS resumes_at,
       coalesce(day = (clock_timestamp() AT TIME ZONE fleet.time_zone)::date AND taken >= day_calls, day_calls = 0, FALSE) AS day_taken
     FROM accounts LEFT JOIN fleet ON TRUE WHERE account = $1`,
    [account],
  )
  const { fleet_stopped, is_stopped, resumes_in, resumes_at, day_taken } = row!
  return {
    isFleetStopped: fleet_stopped,
    stop: is_stopped
      ? {
          reason: row!.stop_reason,
          code: row!.stop_code,
          message: row!.stop_message,
          resumesAt: resumes_at ?? undefined,
        }
      : undefined,
    isDayTaken: day_taken,
    waitMs: is_stopped ? (resumes_in ?? undefined) : undefined,
  }
}

/** Stops all workers within their calls in flight. */
export async function stopFleet({ query }: FleetDatabase): Promise<void> {
  await query('UPDATE fleet SET stopped_at = coalesce(stopped_at, clock_timestamp())')
}

/** Lets all workers and all accounts go on. @returns the accounts that were stopped */
export async function resumeFleet(database: FleetDatabase): Promise<string[]> {
  return database.transaction(async (query) => {
    await query('UPDATE fleet SET stopped_at = NULL')
    const rows = await query<{ account: string }>(
      `UPDATE accounts SET stopped_at = NULL, resumes_at = NULL, stop_reason = NULL, stop_code = NULL, stop_message = NULL
       WHERE stopped_at IS NOT NULL RETURNING account`,
    )
    return rows.map(({ account }) => account)
  })
}
