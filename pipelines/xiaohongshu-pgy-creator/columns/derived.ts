import { derivedFrom, type RowOf } from '../../../src/model/column.js'
import { tierOf } from '../../xiaohongshu-user-profile/tiers.js'
import type { attributes } from './attributes.js'
import type { counters } from './counters.js'

const derive = derivedFrom<RowOf<typeof attributes> & RowOf<typeof counters>>()

const GENDERS: Readonly<Record<string, string>> = { 男: 'male', 女: 'female' }

/** The texts of a list that is kept as JSON text, for people. */
function namesIn(list: string | null): string | null {
  const names = (list === null ? [] : (JSON.parse(list) as unknown[])).filter((name) => typeof name === 'string')
  return names.length === 0 ? null : names.join('、')
}

/** The first word of a place, without the country: "浙江" in "中国 浙江 杭州". */
function regionIn(location: string | null): string | null {
  return location?.split(/[\s·,,-]+/).find((word) => word !== '' && word !== '中国') ?? null
}

/** Columns computed from other columns. */
export const derived = {
  profile_url: derive.text(
    (row) =>
      row.user_id === null ? null : `https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${row.user_id}`,
    'Link to the creator in the marketplace (蒲公英).',
    'profileUrl',
  ),
  gender_label: derive.text(
    (row) => GENDERS[row.gender ?? ''] ?? 'unknown',
    '"male", "female" or "unknown".',
    'gender',
  ),
  region: derive.text((row) => regionIn(row.location), 'First word of location: a province or a country.', 'region'),
  tier: derive.text(
    (row) => tierOf(row.fans_count),
    'By followers: nano below 10,000, micro below 100,000, mid below 500,000, macro below 1,000,000, else mega.',
    'tier',
  ),
  picture_quote: derive.ratio(
    (row) => (row.picture_state === 1n && (row.picture_price ?? 0) > 0 ? row.picture_price : null),
    'picture_price where picture notes can be ordered, else NULL.',
  ),
  video_quote: derive.ratio(
    (row) => (row.video_state === 1n && (row.video_price ?? 0) > 0 ? row.video_price : null),
    'video_price where video notes can be ordered, else NULL.',
  ),
  content_tag_names: derive.text((row) => namesIn(row.content_tags), 'content_tags as text, e.g. "美食、探店".'),
  feature_tag_names: derive.text((row) => namesIn(row.feature_tags), 'feature_tags as text.'),
}
