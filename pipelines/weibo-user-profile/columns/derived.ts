import { derivedFrom, type RowOf } from '../../../src/model/column.js'
import { readNumber } from '../../../src/model/readNumber.js'
import { tierOf } from '../../xiaohongshu-user-profile/tiers.js'
import type { attributes } from './attributes.js'
import type { counters } from './counters.js'
import type { volatiles } from './volatile.js'

type CreatorRow = RowOf<typeof attributes> & RowOf<typeof counters> & RowOf<typeof volatiles>

const derive = derivedFrom<CreatorRow>()

const GENDERS: Record<string, string> = { m: 'male', f: 'female' }
const VERIFIED: Record<string, string> = {
  '-1': 'none',
  0: 'person',
  1: 'government',
  2: 'enterprise',
  3: 'media',
  4: 'organisation',
  5: 'organisation',
  6: 'organisation',
  7: 'organisation',
}

/** A count that the platform writes as text; NULL for any other text. */
function count(text: string | null): bigint | null {
  const value = text === null ? undefined : readNumber(text)?.value
  return value === undefined || value < 0n ? null : value
}

function total(row: CreatorRow): bigint | null {
  const shown = count(row.status_total_counter_total_cnt)
  if (shown !== null) return shown
  const parts = [
    row.status_total_counter_like_cnt,
    row.status_total_counter_comment_cnt,
    row.status_total_counter_repost_cnt,
  ].map(count)
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0n)
}

/** "海外 美国" is a country, "浙江 杭州" a province and a city. */
function region(location: string | null): string | null {
  const [first = '', second] = (location ?? '').trim().split(/\s+/)
  if (first === '海外') return second ?? null
  return first === '' || first === '其他' ? null : first
}

/** Columns computed from other columns. */
export const derived = {
  profile_url: derive.text(
    (row) => (row.user_id === null ? null : `https://weibo.com/u/${row.user_id}`),
    'Link to the profile.',
    'profileUrl',
  ),
  gender_label: derive.text(
    (row) => GENDERS[row.gender ?? ''] ?? 'unknown',
    '"male", "female" or "unknown".',
    'gender',
  ),
  region: derive.text(
    (row) => region(row.location),
    'Province or country of location: "浙江", "美国"; NULL for "其他" and where none is named.',
    'region',
  ),
  engagement: derive.count(
    total,
    'Likes, comments and reposts of all posts; where the page shows no total, the sum of the three.',
    'engagement',
  ),
  likes_received: derive.count((row) => count(row.status_total_counter_like_cnt), 'Likes of all posts.'),
  comments_received: derive.count((row) => count(row.status_total_counter_comment_cnt), 'Comments on all posts.'),
  reposts_received: derive.count((row) => count(row.status_total_counter_repost_cnt), 'Reposts of all posts.'),
  tier: derive.text(
    (row) => tierOf(row.followers_count),
    'By followers: nano below 10,000, micro below 100,000, mid below 500,000, macro below 1,000,000, else mega.',
    'tier',
  ),
  verified_as: derive.text(
    (row) => VERIFIED[String(row.verified_type)] ?? null,
    '"none", "person", "government", "enterprise", "media" or "organisation"; NULL for an unknown verification type.',
    'verification',
  ),
}
