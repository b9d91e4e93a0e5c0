import { attribute, identity } from '../../../src/model/column.js'

/** One badge beside the name. */
export const badges = {
  type: identity.text('type', 'The badge, e.g. "vip".'),
  mbrank: attribute.count('data.mbrank', 'Level of the membership that the badge shows.'),
  mbtype: attribute.count('data.mbtype', 'Kind of the membership that the badge shows.'),
  svip: attribute.count('data.svip', 'As svip of the creator.'),
  vvip: attribute.count('data.vvip', 'As vvip of the creator.'),
}
