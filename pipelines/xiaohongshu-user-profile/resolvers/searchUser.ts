import { isObject } from '../../../src/model/json.js'
import type { Resolved, Resolver } from '../../../src/model/resolver.js'
import { RED_ID } from '../handles.js'
import { BARE_ID } from '../token.js'
import { emptied, shapeOf } from './shape.js'

type Json = Record<string, unknown>

/**
 * Just One API, "Xiaohongshu User Search (V2)": people whose name or 小红书号 is like the word. Only who has exactly this
 * 小红书号 is the person; all others are strangers. Source: the vendor's definition, October 2026.
 */
export const searchUser: Resolver = {
  endpoint: 'search-user',
  kind: RED_ID,
  title: '小红书号',
  columns: [
    '小红书号',
    '小红书号id',
    '小红书账号',
    '小红书id',
    '红书号',
    '达人小红书号',
    '博主小红书号',
    'red_id',
    'redid',
    'xhs_red_id',
  ],
  profileColumn: 'red_id',
  remedies: {
    not_found: 'the search finds nobody with exactly this 小红书号: check it, or paste the link of the profile',
    ambiguous: 'the search finds several people with this 小红书号: paste the link of the profile',
  },
  price: 0.15,
  request: (input) => ({ path: '/api/xiaohongshu/search-user/v2', query: { keyword: input, page: '1' } }),
  read,
  withoutStrangers(data, input) {
    const { kind } = read(data, input)
    const matches = matchesIn(data, input)
    if (matches === undefined) return emptied(data)
    // Of several people none is known to be the one. That they are several is kept.
    return { users: kind === 'found' ? matches.slice(0, 1) : matches.map(({ red_id }) => ({ red_id })) }
  },
  simulatedData: async () => (await import('../simulated/search.js')).simulatedSearch,
}

function read(data: unknown, input: string): Resolved {
  const matches = matchesIn(data, input)
  if (matches === undefined) return { kind: 'unreadable', found: `${shapeOf(data)} without a list of users` }
  const [match] = matches
  if (match === undefined) return { kind: 'miss', reason: 'not_found' }
  const ids = new Set(matches.map(({ id }) => (typeof id === 'string' ? id.toLowerCase() : undefined)))
  if (ids.size > 1 || (matches.length > 1 && ids.has(undefined))) return { kind: 'miss', reason: 'ambiguous' }
  const [id] = ids
  if (id === undefined || !BARE_ID.test(id)) return { kind: 'unreadable', found: 'a user without a usable id' }
  return { kind: 'found', id }
}

/** The users with exactly this 小红书号, as text and in the upstream's case; undefined if there is no list of users. */
function matchesIn(data: unknown, input: string): readonly Json[] | undefined {
  if (!isObject(data) || !Array.isArray(data['users'])) return undefined
  const users: readonly unknown[] = data['users']
  return users.filter((user): user is Json => isObject(user) && textOf(user['red_id']) === input)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}
