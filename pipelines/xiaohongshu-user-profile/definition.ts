import { mergeColumns } from '../../src/model/column.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { justOneApi } from '../justOneApi.js'
import { profileWithId } from '../profileWithId.js'
import { chinese } from './chinese.js'
import { children, mentions } from './childTables.js'
import { attributes } from './columns/attributes.js'
import { counters } from './columns/counters.js'
import { derived } from './columns/derived.js'
import { volatiles } from './columns/volatile.js'
import { check } from './crossChecks.js'
import { parseId } from './ids.js'
import { genericIdColumns, idColumns, otherIdColumns } from './idColumns.js'
import { regions } from './provinces.js'
import { resolvers } from './resolvers.js'
import { tiers } from './tiers.js'

/** Just One API, "Xiaohongshu User Profile (V3)". Source: the vendor's page and OpenAPI definition, August 2026. */
export const pipeline: Pipeline = {
  name: 'xiaohongshu-user-profile',
  version: 1,
  title: 'Xiaohongshu user profiles (Just One API, V3)',
  shortName: 'profile',
  vendor: justOneApi,
  price: 0.15,
  timeZone: 'Asia/Shanghai',
  idColumns,
  genericIdColumns,
  otherIdColumns,
  parseId,
  request: (id) => ({ path: '/api/xiaohongshu/get-user/v3', query: { userId: id } }),
  resolvers,
  profile: profileWithId('userid'),
  columns: mergeColumns(attributes, counters, derived, volatiles),
  words: { zh: chinese },
  tiers,
  regions,
  children,
  mentions,
  check,
  simulatedAnswers: async () => (await import('./simulated/answers.js')).simulatedAnswers,
}
