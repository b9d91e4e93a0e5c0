import { volatile } from '../../../src/model/column.js'

/**
 * Columns that are kept in the wide row, never in history: image addresses (signed), counts as text, copies of other columns,
 * the relation of the viewing account (the one that the API uses) to the creator, and switches of the page.
 */
export const volatiles = {
  id: volatile.count('id', 'Copy of user_id as a number.'),
  followers_count_str: volatile.text('followers_count_str', 'followers_count as the page shows it: "1.58亿".'),
  status_total_counter_total_cnt: volatile.text(
    'status_total_counter.total_cnt',
    'Likes, comments and reposts of all posts as text: "3,963,338,636"; engagement is this as a number.',
  ),
  status_total_counter_total_cnt_format: volatile.text(
    'status_total_counter.total_cnt_format',
    'The same as the page shows it: "39.6亿".',
  ),
  status_total_counter_like_cnt: volatile.text(
    'status_total_counter.like_cnt',
    'Likes of all posts as text; likes_received is this as a number.',
  ),
  status_total_counter_comment_cnt: volatile.text(
    'status_total_counter.comment_cnt',
    'Comments on all posts as text; comments_received is this as a number.',
  ),
  status_total_counter_repost_cnt: volatile.text(
    'status_total_counter.repost_cnt',
    'Reposts of all posts as text; reposts_received is this as a number.',
  ),
  profile_path: volatile.text('profile_url', 'Address of the profile on weibo.com: "/u/<uid>".'),
  profile_image_url: volatile.text('profile_image_url', 'Avatar, 50 pixels; host and query change.'),
  avatar_large: volatile.text('avatar_large', 'Avatar, 180 pixels; host and query change.'),
  avatar_hd: volatile.text('avatar_hd', 'Avatar, up to 1024 pixels; host and query change.'),
  cover_image_phone: volatile.text('cover_image_phone', 'Background picture; host and query change.'),
  follow_me: volatile.flag('follow_me', 'Whether the creator follows the viewing account.'),
  following: volatile.flag('following', 'Whether the viewing account follows the creator.'),
  special_follow: volatile.flag(
    'special_follow',
    'Whether the viewing account follows the creator with notifications.',
  ),
  is_muteuser: volatile.flag('is_muteuser', 'Whether the viewing account muted the creator.'),
  planet_video: volatile.flag('planet_video', 'Switch of the page.'),
  pc_new: volatile.count('pc_new', 'Version of the page.'),
  top_user: volatile.count('top_user', 'Switch of the page (meaning not documented).'),
}
