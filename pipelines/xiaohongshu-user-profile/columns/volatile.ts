import { volatile } from '../../../src/model/column.js'

/**
 * Columns that are kept in the wide row, never in history: links and image addresses (signed, with tokens), copies of other
 * columns, the relation of the viewing account (the one that the API uses) to the creator, and switches of the app page.
 */
export const volatiles = {
  share_link: volatile.text('share_link', 'Link to the profile with a share token that differs from answer to answer.'),
  images: volatile.text('images', 'Avatar, 360 pixels; host and query change.'),
  imageb: volatile.text('imageb', 'Avatar, 540 pixels; host and query change.'),
  banner_info_image: volatile.text('banner_info.image', 'Background picture; host and query change.'),
  banner_info_bg_color: volatile.text('banner_info.bg_color', 'Main colour of the background picture, RRGGBB in hex.'),
  level_image_link: volatile.text('level.image_link', 'Picture of the level; empty on newer accounts.'),
  red_club_info_red_club_url: volatile.text('red_club_info.red_club_url', 'Link to the Red Club page.'),
  community_rule_url: volatile.text('community_rule_url', 'Link to the community rules; the same for every creator.'),
  identity_deeplink: volatile.text('identity_deeplink', 'App link to the certification page.'),
  sec_account_deeplink: volatile.text('sec_account_deeplink', 'App link to the account details.'),
  customer_service_link: volatile.text(
    'customer_service_link',
    'App link to the chat with the shop; seller accounts only.',
  ),

  share_info_title: volatile.text('share_info.title', 'Copy of nickname: title of the share card.'),
  share_info_content: volatile.text('share_info.content', 'Copy of bio: text of the share card.'),
  share_info_store_link: volatile.text('share_info.store_link', 'App link to the shop; seller accounts only.'),
  share_info_v2_title: volatile.text('share_info_v2.title', 'Title of the newer share card: "@<name>的个人主页".'),
  share_info_v2_content: volatile.text(
    'share_info_v2.content',
    'Text of the newer share card: followers, likes and collects, mostly rounded ("粉丝: 2.1万").',
  ),
  user_desc_info_desc: volatile.text('user_desc_info.desc', 'Copy of bio; absent in older answers.'),
  user_desc_info_desc_with_placeholder: volatile.text(
    'user_desc_info.desc_with_placeholder',
    'Copy of bio with placeholders for mentions; absent in older answers.',
  ),
  user_desc_info_desc_at_users: volatile.list(
    'user_desc_info.desc_at_users',
    'Copy of desc_at_users, with user_id in place of id.',
  ),
  user_desc_info_desc_keywords_switch: volatile.flag('user_desc_info.desc_keywords_switch', 'Switch of the app page.'),
  interactions: volatile.list(
    'interactions',
    'Counts on the profile with their privacy; rows in creator_interactions.',
  ),

  fstatus: volatile.text(
    'fstatus',
    'Which of the viewing account and the creator follows the other: "none" if neither does.',
  ),
  blocked: volatile.flag(
    'blocked',
    'Whether the viewing account or the creator blocks the other (which of them is not documented).',
  ),
  blocking: volatile.flag('blocking', 'As blocked, in the other direction.'),
  remark_name: volatile.text('remark_name', 'Name that the viewing account gave the creator.'),
  recommend_info: volatile.text('recommend_info', 'Why the creator is recommended to the viewing account.'),
  recommend_info_icon: volatile.text('recommend_info_icon', 'Picture beside the recommendation.'),
  is_login_user_pro_account: volatile.flag(
    'is_login_user_pro_account',
    'Whether the viewing account is a professional one.',
  ),
  avatar_like_status: volatile.flag('avatar_like_status', 'Whether the viewing account liked the avatar.'),
  banner_info_like_status: volatile.flag(
    'banner_info.like_status',
    'Whether the viewing account liked the background.',
  ),
  avatar_pendant_current_user_pendant: volatile.flag(
    'avatar_pendant.current_user_pendant',
    'Avatar decoration (of which account is not documented); absent in older answers.',
  ),
  avatar_pendant_current_user_pet: volatile.flag(
    'avatar_pendant.current_user_pet',
    'Avatar pet (of which account is not documented); absent in older answers.',
  ),
  block_view_from_user: volatile.flag(
    'block_view_from_user',
    'Viewer setting between both accounts; newer answers only.',
  ),
  block_view_to_user: volatile.flag('block_view_to_user', 'Viewer setting between both accounts; newer answers only.'),
  mute_view_to_user: volatile.flag('mute_view_to_user', 'Viewer setting between both accounts; newer answers only.'),

  hula_tabs_all_show_tab_config: volatile.list(
    'hula_tabs.all_show_tab_config',
    'Tabs of the profile page; rows in creator_tabs; absent in older answers.',
  ),
  hula_tabs_tab_id_selected: volatile.text(
    'hula_tabs.tab_id_selected',
    'Tab that the page opens with; absent in older answers.',
  ),
  zhong_tong_bar_info_conversions: volatile.list(
    'zhong_tong_bar_info.conversions',
    'Entries of the bar under the bio.',
  ),
  seller_info_is_tab_goods_first: volatile.flag('seller_info.is_tab_goods_first', 'Whether the goods tab comes first.'),
  seller_info_tab_goods_api_version: volatile.count('seller_info.tab_goods_api_version', 'Version of the goods tab.'),
  buyer_info: volatile.object('buyer_info', 'Goods selection of a seller account, an object of undocumented shape.'),
  show_red_official_verify_icon: volatile.flag(
    'show_red_official_verify_icon',
    'Switch of the app page; newer answers only.',
  ),
  red_official_verify_arrow: volatile.flag('red_official_verify_arrow', 'Switch of the app page; newer answers only.'),
  show_extra_info_button: volatile.flag('show_extra_info_button', 'Switch of the app page.'),
  identity_label_migrated: volatile.flag('identity_label_migrated', 'Switch of the app page.'),
  user_widget_switch: volatile.flag('user_widget_switch', 'Switch of the app page.'),
  location_jump: volatile.flag('location_jump', 'Whether the place can be tapped.'),
  real_name_deep_target: volatile.count('real_name_deep_target', 'Target of the real-name link in the app.'),

  result_code: volatile.count('result.code', "The platform's own result code inside the profile; 0 success."),
  result_message: volatile.text('result.message', "The platform's own message inside the profile."),
  result_success: volatile.flag('result.success', "The platform's own success flag inside the profile."),
}
