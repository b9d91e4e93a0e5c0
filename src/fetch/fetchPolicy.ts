/** How a run may call. Durations are in milliseconds. */
export interface FetchPolicy {
  /** Calls in flight at most. */
  readonly concurrency: number
  /** Attempts an id at most; a throttled one does not count. */
  readonly attempts: number
  /** The run stops when the upstream has not worked for this long. */
  readonly giveUpMs: number
  /** Calls a second at most, evenly spaced; absent: no such limit. */
  readonly ratePerSecond?: number
  /** Whether an id whose call was sent and not answered is tried once more in this run. */
  readonly onAmbiguous: 'retry' | 'hold'
  /** Calls at most, retries included. */
  readonly maxCalls?: number
  /** Calls at most that are billed, may be billed or are in flight. */
  readonly budget?: { readonly calls: number }
  readonly dayBudget?: DayBudget
}

/** Calls at most that are sent on one calendar day and billed, may be billed or in flight. */
export interface DayBudget {
  readonly timeZone: string
  readonly calls: number
  /** What earlier runs left of a day (`YYYY-MM-DD`), where that is less. */
  readonly left: Readonly<Record<string, number>>
}
