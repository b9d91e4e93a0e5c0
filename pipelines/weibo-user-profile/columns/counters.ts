import { counter } from '../../../src/model/column.js'

/** Numbers that change often: one row for each successful fetch. All are totals at the time of the answer, not differences. */
export const counters = {
  followers_count: counter('followers_count', 'Followers.', 'followers'),
  friends_count: counter('friends_count', 'Accounts that the creator follows.'),
  statuses_count: counter('statuses_count', 'Posts.', 'posts'),
}
