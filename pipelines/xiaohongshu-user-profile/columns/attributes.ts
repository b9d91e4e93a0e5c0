import { attribute, identity } from '../../../src/model/column.js'

/** Facts about the creator that seldom change. Each change makes a version. */
export const attributes = {
  user_id: identity.text('userid', 'User id, 24 lower-case hex digits, as requested.', 'id'),
  nickname: attribute.text('nickname', 'Display name.', 'displayName'),
  red_id: attribute.text('red_id', '小红书号: digits or a word that the user chose. It is not the user id.'),
  bio: attribute.text('desc', 'The text that the creator wrote about themselves; may have line breaks.', 'bio'),
  gender: attribute.count('gender', '0 male, 1 female, 2 not given.'),
  ip_location: attribute.text(
    'ip_location',
    'Province or country where the platform last saw the creator, in Chinese or not ("广东", "意大利", "Beijing"), or empty.',
    'region',
  ),
  location: attribute.text(
    'location',
    'Place that the creator chose, e.g. "中国  浙江  杭州" (double blanks), or empty.',
  ),
  tags: attribute.list(
    'tags',
    'Labels under the name (age or star sign, place, profession, college); rows in creator_tags.',
  ),
  desc_at_users: attribute.list('desc_at_users', 'Users mentioned in the bio; rows in creator_mentions.'),

  red_official_verified: attribute.flag('red_official_verified', 'Whether the platform verified the account.'),
  red_official_verify_type: attribute.count('red_official_verify_type', '0 not verified, 1 person, 2 business.'),
  red_official_verify_content: attribute.text(
    'red_official_verify_content',
    'The verified role or name, e.g. "演员", or empty.',
  ),
  red_official_verify_base_info: attribute.text(
    'red_official_verify_base_info',
    'More about the verification; empty in all answers seen.',
  ),
  real_name_info: attribute.text('real_name_info', 'Real-name notice; empty in all answers seen.'),
  user_role_type: attribute.count('user_role_type', 'Role of the account: 0 is usual, 6 was seen on a seller.'),
  is_recommend_level_illegal: attribute.flag(
    'is_recommend_level_illegal',
    'Whether the platform holds the account back from recommendation (meaning inferred from the name).',
  ),

  level_number: attribute.count('level.number', 'Level of the account: 0 on newer accounts, up to 11 on older ones.'),
  level_level_name: attribute.text('level.level_name', 'Name of the level, e.g. "金冠薯"; older accounts only.'),
  red_club_info_red_club: attribute.flag('red_club_info.red_club', 'Whether the creator is in the Red Club.'),
  red_club_info_red_club_level: attribute.count('red_club_info.red_club_level', 'Level in the Red Club; 0 outside it.'),

  college_info_college_name: attribute.text(
    'college_info.college_name',
    'College that the creator names; college accounts only.',
  ),
  college_info_enrollment_year: attribute.count(
    'college_info.enrollment_year',
    'Calendar year of enrolment there, e.g. 2018; college accounts only.',
  ),

  seller_info_store_id: attribute.text('seller_info.store_id', 'Id of the shop; seller accounts only.'),
  seller_info_tab_code_names: attribute.list(
    'seller_info.tab_code_names',
    'Codes of the shop tabs; empty without a shop.',
  ),

  interactions_follows_is_private: attribute.flag(
    'interactions[type=follows].is_private',
    'Whether the list of followed users is hidden; its count is still shown.',
  ),
  interactions_fans_is_private: attribute.flag(
    'interactions[type=fans].is_private',
    'Whether the list of followers is hidden; its count is still shown.',
  ),
  interactions_interaction_is_private: attribute.flag(
    'interactions[type=interaction].is_private',
    'Whether likes and collects are hidden; their count is still shown.',
  ),

  default_collection_tab: attribute.text('default_collection_tab', 'Which collection opens first, e.g. "note".'),
  tab_visible_note: attribute.flag('tab_visible.note', 'Whether the notes tab is shown.'),
  tab_visible_collect: attribute.flag('tab_visible.collect', 'Whether the collection tab is shown.'),
  tab_visible_like: attribute.flag('tab_visible.like', 'Whether the likes tab is shown.'),
  tab_visible_seed: attribute.flag('tab_visible.seed', 'Whether the "seed" tab is shown (purpose not documented).'),
  tab_public_collection: attribute.flag('tab_public.collection', 'Whether collections are public.'),
  tab_public_collection_note: attribute.flag('tab_public.collection_note', 'Whether collected notes are public.'),
  tab_public_collection_board: attribute.flag('tab_public.collection_board', 'Whether boards are public.'),
  tab_public_seed: attribute.flag('tab_public.seed', 'Whether the "seed" tab is public (purpose not documented).'),
}
