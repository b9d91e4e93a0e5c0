import { MISSING } from '../model/missing.js'
import type { Outcome } from '../model/outcome.js'
import { ATTEMPTS } from './constants.js'
import type { FetchPolicy } from './fetchPolicy.js'

/** Full jitter: from 0 to a bound that doubles with each failure, so that a crowd does not come back together. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(ATTEMPTS.longestBackoffMs, ATTEMPTS.backoffMs * 2 ** (failures - 1))
}

/**
 * Calls for one id until the outcome is final: an answer that no retry changes, the last attempt, or `stop`. Being throttled
 * uses up no attempt. An ambiguous call is tried once more, or not at all (`--on-ambiguous hold`), and so is a missing id.
 * @param call one call; gets its number for this id, from 1, throttled calls included
 * @param effects `wait` resolves after the given milliseconds, or throws because the run stops
 * @throws whatever `call` and `wait` throw
 */
export async function retryUntilFinal(
  policy: Pick<FetchPolicy, 'attempts' | 'onAmbiguous'>,
  effects: { readonly random: () => number; readonly wait: (ms: number) => Promise<void> },
  call: (number: number) => Promise<Outcome>,
): Promise<Outcome> {
  let failures = 0
  let ambiguous = 0
  let missing = 0
  for (let number = 1; ; number += 1) {
    const outcome = await call(number)
    if (outcome.kind === 'throttled') {
      await effects.wait(ATTEMPTS.throttledMs * (1 + effects.random()))
      continue
    }
    if (outcome.kind === 'ambiguous') ambiguous += 1
    else if (outcome.kind === 'missing') missing += 1
    else if (outcome.kind !== 'retry') return outcome
    failures += 1
    const isHeld = outcome.kind === 'ambiguous' && (policy.onAmbiguous === 'hold' || ambiguous > 1)
    if (isHeld || missing >= MISSING.attempts || failures >= policy.attempts) return outcome
    await effects.wait(backoffMs(failures, effects.random))
  }
}
