import type { Effects } from '../core/effects.js'
import type { IdFinder } from './idFinder.js'

/** The same effects, with a log whose messages do not name these people. */
export function withoutPeople(effects: Effects, finder: IdFinder): Effects {
  return { ...effects, log: (level, message, ...rest) => effects.log(level, finder.takeOut(message), ...rest) }
}
