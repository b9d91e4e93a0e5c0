import { mergeColumns } from '../../src/model/column.js'
import { isObject } from '../../src/model/json.js'
import type { Pipeline, Profile } from '../../src/model/pipeline.js'
import { justOneApi } from '../justOneApi.js'
import { chinese } from './chinese.js'
import { children, mentions } from './childTables.js'
import { attributes } from './columns/attributes.js'
import { counters } from './columns/counters.js'
import { derived, tiers } from './columns/derived.js'
import { volatiles } from './columns/volatile.js'
import { check } from './crossChecks.js'
import { parseId } from './ids.js'
import { regions } from './provinces.js'

/** Just One API, "Xiaohongshu User Profile (V3)". Source: the vendor's page and OpenAPI definition, August 2026. */
export const pipeline: Pipeline = {
  name: 'xiaohongshu-user-profile',
  version: 1,
  title: 'Xiaohongshu user profiles (Just One API, V3)',
  vendor: justOneApi,
  price: 0.15,
  timeZone: 'Asia/Shanghai',
  idColumns: [
    'user_id',
    'userid',
    'user id',
    'xhs_user_id',
    'xhs_userid',
    'creator_id',
    'creatorid',
    'creator id',
    'kol_id',
    'author_id',
    'uid',
    '用户id',
    '达人id',
    '博主id',
    '作者id',
    '账号id',
    '小红书用户id',
    'profile_url',
    'profile url',
    'profileurl',
    'profile_link',
    'profile link',
    'profile',
    'homepage',
    'share_link',
    '主页链接',
    '主页地址',
    '主页',
    '个人主页',
    '达人主页',
    '博主主页',
    '小红书主页',
    '小红书链接',
    '达人官方地址',
    '蒲公英主页',
    '蒲公英链接',
    '用户链接',
    '达人链接',
    '博主链接',
    '账号链接',
    '链接',
    'url',
    'link',
    'id',
  ],
  genericIdColumns: ['uid', 'profile', 'share_link', '链接', 'url', 'link', 'id'],
  parseId,
  request: (id) => ({ path: '/api/xiaohongshu/get-user/v3', query: { userId: id } }),
  profile,
  columns: mergeColumns(attributes, counters, derived, volatiles),
  words: { zh: chinese },
  tiers,
  regions,
  children,
  mentions,
  check,
  simulatedAnswers: async () => (await import('./simulated/answers.js')).simulatedAnswers,
}

/**
 * What `data` of a code-0 answer holds. Nothing (null, `{}`, no `data`) is an empty answer: a deleted, banned or unknown
 * user (inferred). Without text in `userid` the content cannot be matched to the requested id, so it is unreadable: the
 * upstream has changed its shape. A profile with another `userid` must never be stored under the requested id.
 */
function profile(data: unknown, requestedId: string): Profile {
  if (data === null || data === undefined) return { kind: 'empty' }
  if (Array.isArray(data)) return { kind: 'unreadable', found: `a list of ${data.length}` }
  if (!isObject(data)) return { kind: 'unreadable', found: `a ${typeof data === 'string' ? 'text' : typeof data}` }
  if (Object.keys(data).length === 0) return { kind: 'empty' }
  const value: Readonly<Record<string, unknown>> = data
  if (!Object.hasOwn(value, 'userid')) return { kind: 'unreadable', found: 'an object without userid' }
  const id = value['userid']
  if (typeof id !== 'string' || id.trim() === '')
    return { kind: 'unreadable', found: 'an object with an unusable userid' }
  return id.toLowerCase() === requestedId.toLowerCase() ? { kind: 'profile', value } : { kind: 'misdelivered', id }
}
