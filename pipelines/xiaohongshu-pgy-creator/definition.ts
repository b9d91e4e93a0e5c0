import { mergeColumns } from '../../src/model/column.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import type { CodeRule } from '../../src/model/vendor.js'
import { justOneApi } from '../justOneApi.js'
import { profileWithId } from '../profileWithId.js'
import { genericIdColumns, idColumns, otherIdColumns } from '../xiaohongshu-user-profile/idColumns.js'
import { parseId } from '../xiaohongshu-user-profile/ids.js'
import { regions } from '../xiaohongshu-user-profile/provinces.js'
import { resolvers } from '../xiaohongshu-user-profile/resolvers.js'
import { tiers } from '../xiaohongshu-user-profile/tiers.js'
import { chinese } from './chinese.js'
import { attributes } from './columns/attributes.js'
import { counters } from './columns/counters.js'
import { derived } from './columns/derived.js'
import { volatiles } from './columns/volatile.js'
import { check } from './crossChecks.js'

/** For people who are not in the marketplace these codes come back for ever. */
function missing(code: string, zh: string): CodeRule {
  const { billed, meaning } = justOneApi.codes[code]!
  return { kind: 'missing', billed, meaning: `${meaning}, or not in the marketplace`, zh }
}

/** Just One API, "Xiaohongshu Creator Marketplace (Pugongying), creator by user id (V1)". Source: the vendor's definition, October 2026. */
export const pipeline: Pipeline = {
  name: 'xiaohongshu-pgy-creator',
  version: 1,
  title: 'Xiaohongshu creators in the marketplace 蒲公英 (Just One API, V1)',
  shortName: 'pgy',
  vendor: justOneApi,
  price: 0.15,
  codes: {
    301: missing('301', '采集失败，或未入驻蒲公英'),
    400: missing('400', '参数无效，或未入驻蒲公英'),
    500: missing('500', '服务器错误，或未入驻蒲公英'),
  },
  missingReason: 'not_in_marketplace',
  timeZone: 'Asia/Shanghai',
  idColumns,
  genericIdColumns,
  otherIdColumns,
  parseId,
  request: (id) => ({
    path: '/api/xiaohongshu-pgy/api/solar/cooperator/user/blogger/userId/v1',
    query: { userId: id },
  }),
  resolvers,
  profile: profileWithId('userId'),
  columns: mergeColumns(attributes, counters, derived, volatiles),
  words: {
    en: {
      labels: {
        estimate_picture_cpm: 'picture CPM',
        estimate_picture_engage_cost: 'picture CPE',
        estimate_video_cpm: 'video CPM',
        estimate_video_engage_cost: 'video CPE',
        note_sign_name: 'MCN',
      },
    },
    zh: chinese,
  },
  reportColumns: [
    'picture_quote',
    'video_quote',
    'estimate_picture_cpm',
    'estimate_picture_engage_cost',
    'estimate_video_cpm',
    'estimate_video_engage_cost',
    'note_sign_name',
  ],
  tiers,
  regions,
  children: [],
  check,
  simulatedAnswers: async () => (await import('./simulated/answers.js')).simulatedAnswers,
}
