import type { RejectedId } from '../../src/model/pipeline.js'
import type { Resolvable } from '../../src/model/resolver.js'

const REMEDIES = {
  empty: 'fill in the user id or the profile link',
  too_long: 'put one user id or profile link into the cell',
  several_ids: 'put one user id into each row',
  short_link: 'open the short link in a browser and paste the profile address it leads to',
  note_without_user: "paste the link of the author's profile; a note's link carries no user id",
  link_without_user: 'paste the link of the profile; it has /user/profile/ and 24 hex digits in it',
  red_id: 'a 小红书号 is not a user id: paste the link of the profile',
  ruined_number:
    'a spreadsheet turned the id into a number and lost its digits: format the column as text and paste it again',
  wrong_length: 'a user id has 24 hex digits: copy it whole',
  not_an_id: 'give the user id (24 hex digits) or the link of the profile',
} as const

export type RejectReason = keyof typeof REMEDIES

/** @param resolve what a resolver could find the id by */
export function reject(reason: RejectReason, resolve?: Resolvable): RejectedId {
  return { reason, remedy: REMEDIES[reason], ...(resolve && { resolve }) }
}
