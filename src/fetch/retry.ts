import pRetry, { type RetryContext } from 'p-retry'
import type { Outcome } from '../model/outcome.js'
import type { FetchPolicy } from './fetchPolicy.js'

const BACKOFF_BASE_MS = 1_000
const BACKOFF_CAP_MS = 30_000
/** A throttled id waits at least this, whatever the pause of the whole run has left. */
const THROTTLED_MS = 500

/** An outcome after which the id may be tried again. */
class Unsettled extends Error {
  constructor(readonly outcome: Outcome) {
    super(outcome.message)
  }
}

/** Full jitter: anything from 0 to a bound that doubles with each failure, so that no crowd comes back together. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (failures - 1))
}

/**
 * Tries one id until its outcome stands: an answer that is final, the attempts used up, or `stop`. Being throttled costs no
 * attempt; an ambiguous call is tried once more, or not at all. Errors of `attempt` and `wait` pass through.
 * @param attempt one call; gets the number of this try, from 1, throttled ones included
 * @param wait resolves after so many milliseconds, or throws because the run stops
 */
export async function retryUntilFinal(
  policy: Pick<FetchPolicy, 'attempts' | 'onAmbiguous'>,
  effects: { readonly random: () => number; readonly wait: (ms: number) => Promise<void> },
  attempt: (number: number) => Promise<Outcome>,
): Promise<Outcome> {
  // Most ids settle at once, and p-retry costs more than all the rest of this.
  const first = await attempt(1)
  if (isFinal(first)) return first

  let failures = 0
  let ambiguous = 0
  let waitMs = 0
  const mayGoOn = ({ error, retriesConsumed }: RetryContext): boolean => {
    if (!(error instanceof Unsettled)) return false
    const { kind } = error.outcome
    if (kind === 'throttled') return true
    if (kind === 'ambiguous' && (policy.onAmbiguous === 'hold' || ambiguous > 1)) return false
    return retriesConsumed + 1 < policy.attempts
  }
  try {
    return await pRetry(
      async (number) => {
        if (number > 1) await effects.wait(waitMs)
        const outcome = number === 1 ? first : await attempt(number)
        if (isFinal(outcome)) return outcome
        if (outcome.kind === 'throttled') {
          waitMs = THROTTLED_MS * (1 + effects.random())
        } else {
          failures += 1
          waitMs = backoffMs(failures, effects.random)
        }
        if (outcome.kind === 'ambiguous') ambiguous += 1
        throw new Unsettled(outcome)
      },
      {
        // p-retry gives up when its own count runs out even if the last failure was not to count: so `mayGoOn` counts.
        retries: Infinity,
        minTimeout: 0,
        shouldConsumeRetry: ({ error }) => !(error instanceof Unsettled && error.outcome.kind === 'throttled'),
        shouldRetry: mayGoOn,
      },
    )
  } catch (error) {
    if (error instanceof Unsettled) return error.outcome
    throw error
  }
}

function isFinal({ kind }: Outcome): boolean {
  return kind !== 'retry' && kind !== 'throttled' && kind !== 'ambiguous'
}
