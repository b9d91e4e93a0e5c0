import { derivedFrom, type RowOf } from '../../../src/model/column.js'
import type { Row } from '../../../src/model/pipeline.js'
import { tierOf } from '../tiers.js'
import type { attributes } from './attributes.js'
import type { counters } from './counters.js'

export type CreatorRow = RowOf<typeof attributes> & RowOf<typeof counters>

const derive = derivedFrom<CreatorRow>()

const GENDERS: Record<string, string> = { 0: 'male', 1: 'female' }
const VERIFIED: Record<string, string> = { 0: 'none', 1: 'person', 2: 'business' }

/** Name of the first tag of this type that has a name. */
function tag(lists: Record<string, readonly Row[]>, type: string): string | null {
  for (const { tag_type, name } of lists['creator_tags'] ?? []) {
    if (tag_type === type && typeof name === 'string' && name !== '') return name
  }
  return null
}

/** The age in an info tag such as "28岁". A star sign has no age. */
function age(lists: Record<string, readonly Row[]>): bigint | null {
  for (const { tag_type, name } of lists['creator_tags'] ?? []) {
    const match = tag_type === 'info' && typeof name === 'string' ? /^\s*(\d{1,3})\s*岁\s*$/.exec(name) : null
    if (match) return BigInt(match[1]!)
  }
  return null
}

function likesAndCollects(row: CreatorRow): bigint | null {
  if (row.liked !== null && row.collected !== null) return row.liked + row.collected
  return row.interactions_interaction_count
}

function ratio(part: bigint | null, whole: bigint | null): number | null {
  return part === null || whole === null || whole <= 0n ? null : Number(part) / Number(whole)
}

/** Columns computed from other columns. A ratio is NULL if a number is missing or the divisor is not positive. */
export const derived = {
  profile_url: derive.text(
    (row) => (row.user_id === null ? null : `https://www.xiaohongshu.com/user/profile/${row.user_id}`),
    'Link to the profile, without any token.',
    'profileUrl',
  ),
  gender_label: derive.text(
    (row) => GENDERS[String(row.gender)] ?? 'unknown',
    '"male", "female" or "unknown".',
    'gender',
  ),
  age: derive.count((_, lists) => age(lists), 'Age in years from the info tag ("28岁"); NULL if not shown.', 'age'),
  tag_location: derive.text((_, lists) => tag(lists, 'location'), 'Place from the tags, e.g. "浙江杭州".'),
  tag_profession: derive.text((_, lists) => tag(lists, 'profession'), 'Profession from the tags, e.g. "时尚博主".'),
  tag_college: derive.text((_, lists) => tag(lists, 'college'), 'College from the tags.'),
  likes_and_collects: derive.count(
    likesAndCollects,
    'liked + collected; if one of them is missing, the number shown on the profile.',
    'engagement',
  ),
  likes_per_note: derive.ratio((row) => ratio(row.liked, row.ndiscovery), 'liked / ndiscovery; NULL without notes.'),
  likes_to_fans: derive.ratio((row) => ratio(row.liked, row.fans), 'liked / fans; NULL without followers.'),
  tier: derive.text(
    ({ fans }) => tierOf(fans),
    'By followers: nano below 10,000, micro below 100,000, mid below 500,000, macro below 1,000,000, else mega.',
    'tier',
  ),
  verified_as: derive.text(
    (row) => VERIFIED[String(row.red_official_verify_type)] ?? null,
    '"none", "person" or "business"; NULL for an unknown verification type.',
    'verification',
  ),
}
