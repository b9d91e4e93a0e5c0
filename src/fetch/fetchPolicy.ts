/** How a run may ask. Durations in milliseconds. */
export interface FetchPolicy {
  /** Calls in flight at most. */
  readonly concurrency: number
  /** Tries an id at most; throttled ones do not count. */
  readonly attempts: number
  /** The run stops when the upstream gave no sign of life for so long. */
  readonly giveUpMs: number
  /** Calls a second at most, evenly spaced. */
  readonly ratePerSecond?: number
  /** What becomes of a call that was sent and not answered: asked once more in this run, or not. */
  readonly onAmbiguous: 'retry' | 'hold'
  /** Calls at most, retries included. */
  readonly maxCalls?: number
  /** Calls at most that are billed, may be billed or are in flight. */
  readonly budget?: { readonly calls: number; /** Whether a day's budget is what sets it. */ readonly ofDay?: boolean }
}
