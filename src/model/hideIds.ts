import type { Redact } from '../core/redact.js'
import type { Pipeline } from './pipeline.js'

/** What may be an id: a word, or what follows a percent code in a link. A shorter one may be an ordinary number or name. */
const WORD = /(?:(?<![0-9a-z])(?<!%)|(?<=%[0-9a-f]{2}))[0-9a-z]{16,}/gi

const HIDDEN = '[id]'

/** Takes the user ids of a pipeline out of a text. */
export function idHider({ parseId }: Pick<Pipeline, 'parseId'>): Redact {
  return (text) => text.replace(WORD, (word) => ('id' in parseId(word) ? HIDDEN : word))
}
