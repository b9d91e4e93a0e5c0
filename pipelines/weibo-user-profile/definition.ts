import { mergeColumns } from '../../src/model/column.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { profileAt } from '../../src/model/profileAt.js'
import { justOneApi } from '../justOneApi.js'
import { regions } from '../xiaohongshu-user-profile/provinces.js'
import { tiers } from '../xiaohongshu-user-profile/tiers.js'
import { chinese } from './chinese.js'
import { attributes } from './columns/attributes.js'
import { badges } from './columns/badges.js'
import { counters } from './columns/counters.js'
import { derived } from './columns/derived.js'
import { volatiles } from './columns/volatile.js'
import { check } from './crossChecks.js'
import { genericIdColumns, idColumns, parseId } from './ids.js'

/**
 * Just One API, "Weibo User Profile (V3)". Source: the vendor's OpenAPI definition and recorded answers, July to October 2026.
 * `data` is a second envelope: `ok` must be 1, and the profile is `data.user` in it. What another `ok` means is not documented,
 * and such an answer is billed, so the id fails without a retry.
 */
export const pipeline: Pipeline = {
  name: 'weibo-user-profile',
  version: 1,
  title: 'Weibo user profiles (Just One API, V3)',
  shortName: 'weibo',
  vendor: justOneApi,
  price: 0.1,
  timeZone: 'Asia/Shanghai',
  idColumns,
  genericIdColumns,
  parseId,
  request: (id) => ({ path: '/api/weibo/get-user-detail/v3', query: { uid: id } }),
  profile: profileAt({ path: 'data.user', id: 'idstr', success: { path: 'ok', is: 1, message: 'msg' } }),
  columns: mergeColumns(attributes, counters, derived, volatiles),
  words: { zh: chinese },
  tiers,
  regions,
  children: [
    {
      name: 'creator_badges',
      path: 'icon_list',
      description: 'Badges beside the name of a creator.',
      columns: badges,
    },
  ],
  check,
  simulatedAnswers: async () => (await import('./simulated/answers.js')).simulatedAnswers,
}
