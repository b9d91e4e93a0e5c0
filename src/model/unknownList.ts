import { UsageError } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { visibleLine } from '../core/text.js'

/** Says that no list has this name, and which list may be meant. `undone`: that the command did nothing. */
export function unknownList(
  given: string,
  data: string,
  lists: readonly string[],
  undone = 'nothing was changed',
): UsageError {
  // The message is one line, whatever characters a name has.
  const [list, names] = [visibleLine(given), lists.map(visibleLine)]
  const near = nearest(list, names)
  const meant = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ';'
  const known =
    names.length === 0
      ? 'it has none'
      : names.length === 1
        ? `its only list is ${names[0]}`
        : `its lists are ${[...names].sort().join(', ')}`
  return new UsageError(`${data} has no list ${list === '' ? '""' : list}: ${known}${meant} ${undone}`)
}
