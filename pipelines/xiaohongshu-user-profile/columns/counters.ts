import { counter } from '../../../src/model/column.js'

/** Numbers that change often: one row for each successful fetch. All are totals at the time of the answer, not differences. */
export const counters = {
  fans: counter('fans', 'Followers.', 'followers'),
  follows: counter('follows', 'Accounts that the creator follows.'),
  liked: counter('liked', 'Likes received on all notes.'),
  collected: counter('collected', 'How often others collected (saved) the notes.'),
  ndiscovery: counter('ndiscovery', 'Notes posted.', 'posts'),
  nboards: counter('nboards', 'Boards (public collections) that the creator made.'),
  interactions_follows_count: counter('interactions[type=follows].count', 'Copy of follows, as shown on the profile.'),
  interactions_fans_count: counter('interactions[type=fans].count', 'Copy of fans, as shown on the profile.'),
  interactions_interaction_count: counter(
    'interactions[type=interaction].count',
    'Likes and collects as shown on the profile: liked + collected.',
  ),
  note_num_stat_posted: counter(
    'note_num_stat.posted',
    'Copy of ndiscovery, from the note statistics; absent in older answers.',
  ),
  note_num_stat_liked: counter(
    'note_num_stat.liked',
    'Copy of liked, from the note statistics; absent in older answers.',
  ),
  note_num_stat_collected: counter(
    'note_num_stat.collected',
    'Copy of collected, from the note statistics; absent in older answers.',
  ),
  red_club_info_redclubscore: counter('red_club_info.redclubscore', 'Score in the Red Club; 0 outside it.'),
  collected_notes_num: counter('collected_notes_num', 'Notes that the creator collected.'),
  collected_product_num: counter('collected_product_num', 'Products that the creator collected.'),
  collected_brand_num: counter('collected_brand_num', 'Brands that the creator collected.'),
  collected_poi_num: counter('collected_poi_num', 'Places that the creator collected.'),
  collected_tags_num: counter('collected_tags_num', 'Topics that the creator collected.'),
  collected_book_num: counter('collected_book_num', 'Books that the creator collected.'),
  collected_movie_num: counter('collected_movie_num', 'Films that the creator collected.'),
}
