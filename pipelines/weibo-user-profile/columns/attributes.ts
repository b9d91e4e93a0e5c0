import { attribute, identity } from '../../../src/model/column.js'

/** Facts about the creator that seldom change. Each change makes a version. */
export const attributes = {
  user_id: identity.text('idstr', 'User id (uid), 8 to 10 digits, as requested.', 'id'),
  screen_name: attribute.text('screen_name', 'Display name.', 'displayName'),
  bio: attribute.text('description', 'The text that the creator wrote about themselves.', 'bio'),
  gender: attribute.text('gender', '"m" male, "f" female, "n" not given.'),
  location: attribute.text(
    'location',
    'Place that the creator chose: "浙江 杭州", "海外 美国", "其他", or a province.',
  ),
  url: attribute.text('url', 'Website that the creator names, or empty.'),
  domain: attribute.text('domain', 'Name in the address weibo.com/<domain>, or empty.'),
  weihao: attribute.text('weihao', 'Number in the address weibo.com/<number> that some accounts own, or empty.'),

  verified: attribute.flag('verified', 'Whether the platform verified the account.'),
  verified_type: attribute.count(
    'verified_type',
    '-1 not verified, 0 person, 1 government, 2 enterprise, 3 media, 4 to 7 other organisations.',
  ),
  verified_type_ext: attribute.count('verified_type_ext', 'Finer kind of the verification (values not documented).'),
  verified_reason: attribute.text('verified_reason', 'The verified role or name, e.g. "旅行博主", or empty.'),

  mbrank: attribute.count('mbrank', 'Level of the paid membership; 0 without one.'),
  mbtype: attribute.count('mbtype', 'Kind of the paid membership; 0 without one.'),
  svip: attribute.count('svip', 'Whether, or at which level, the account has the higher membership (SVIP).'),
  vvip: attribute.count('vvip', 'Whether, or at which level, the account has the highest membership (VVIP).'),
  v_plus: attribute.count('v_plus', 'Whether fans can subscribe to the account (V+).'),
  user_type: attribute.count('user_type', 'Kind of the account (values not documented).'),
  user_ability: attribute.count('user_ability', 'What the account may do, as bits of a number (not documented).'),
  is_star: attribute.text('is_star', '"1" for a celebrity, "0" otherwise (meaning inferred from the name).'),
  icon_list: attribute.list('icon_list', 'Badges beside the name; rows in creator_badges.'),
}
