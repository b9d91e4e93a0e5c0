import type { ParsedId } from '../../src/model/pipeline.js'
import { handleIn } from './handles.js'
import { reject } from './reject.js'

export const BARE_ID = /^[0-9a-f]{24}$/i

/** The id that one token should be, or the reason why it is not. */
export function parseToken(token: string): ParsedId {
  if (BARE_ID.test(token)) {
    // A double keeps at most 17 digits, so a spreadsheet writes zeros after them.
    return /^\d{15,17}0{7,9}$/.test(token) ? reject('ruined_number') : { id: token.toLowerCase() }
  }
  if (/^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i.test(token)) return reject('ruined_number')
  if (/^\d{9,11}(?:\.0*)?$/.test(token)) return reject('red_id', handleIn(token))
  // A shorter number, such as the uid of another site, is too short to be what is left of an id.
  if (/^\d{20,}(?:\.\d*)?$/.test(token) || /^\d{1,3}(?:,\d{3}){6,}(?:\.\d*)?$/.test(token))
    return reject('ruined_number')
  if (/^(?=.*[a-f])[0-9a-f]{16,}$/i.test(token)) return reject('wrong_length')
  if (/^(?=.*[a-z_-])[\w.-]{6,15}$/i.test(token)) return reject('red_id', handleIn(token))
  return reject('not_an_id', handleIn(token))
}
