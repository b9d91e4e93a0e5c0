import { randomFrom, seedOf } from '../../xiaohongshu-user-profile/simulated/random.js'

/** An invented creator as of night 0. */
export interface SimulatedPerson {
  readonly id: string
  readonly seed: number
  readonly name: string
  /** The name from night `renamedOn` on. */
  readonly laterName: string
  readonly renamedOn: number
  readonly bio: string
  readonly gender: 'm' | 'f' | 'n'
  readonly location: string
  /** -1 none, 0 person, 1 to 7 organisations. */
  readonly verifiedType: number
  readonly verifiedReason: string
  readonly membership: number
  readonly followers: number
  readonly following: number
  readonly posts: number
  readonly likes: number
  /** Share of the followers that are won (or lost) each night. */
  readonly growth: number
}

const FIRST = ['看云的', '慢跑的', '不加班的', '爱做饭的', '路过的', '拍照的', '读诗的', '早睡的']
const SECOND = ['示例猫', '样本君', '虚构栗子', '测试橘', '假想鹿', '合成熊', '模拟鲸', '占位鱼']
const ENDINGS = ['', '', 'V', '频道', '_日常', '说', 'Studio', '在路上']
const HOBBIES = ['影视', '美食', '旅行', '数码', '体育', '音乐', '读书', '宠物']
const PLACES = [
  '北京 海淀区',
  '上海',
  '浙江 杭州',
  '广东 深圳',
  '四川 成都',
  '湖北 武汉',
  '海外 美国',
  '海外',
  '其他',
  '',
]
const REASONS: Readonly<Record<number, readonly string[]>> = {
  0: ['旅行博主', '美食博主', '数码博主', '演员'],
  1: ['示例市样本局官方微博'],
  2: ['示例咖啡官方微博', '虚构书店官方微博'],
  3: ['《样本日报》官方微博'],
  4: ['云帆示例大学官方微博'],
}

/** One person in this number is renamed on some night. */
const ONE_RENAMED_IN = 50
/** Followers: from tens to tens of millions, the few the more. */
const [FEWEST, MOST] = [20, 40_000_000]

/** Invents the person of an id. `given` overrides the random values. */
export function simulatePerson(id: string, given: Partial<SimulatedPerson> = {}): SimulatedPerson {
  const seed = seedOf(id)
  const { next, between, pick, chance } = randomFrom(seed)
  const nameOf = (): string => `${pick(FIRST)}${pick(SECOND)}${pick(ENDINGS)}`
  const name = nameOf()
  const followers = Math.floor(FEWEST * (MOST / FEWEST) ** (next() * next() ** 0.3))
  const posts = chance(0.02) ? 0 : between(1, 30_000)
  const verifiedType = chance(0.5) ? -1 : chance(0.6) ? 0 : between(1, 4)
  const renamed = seed % ONE_RENAMED_IN === 0
  return {
    id,
    seed,
    name,
    laterName: renamed ? `${nameOf()}·新` : name,
    renamedOn: 1 + (Math.floor(seed / ONE_RENAMED_IN) % 5),
    bio: chance(0.1) ? '' : `${pick(HOBBIES)}和${pick(HOBBIES)}。合作请私信。`,
    gender: chance(0.1) ? 'n' : chance(0.55) ? 'f' : 'm',
    location: pick(PLACES),
    verifiedType,
    verifiedReason: verifiedType < 0 ? '' : pick(REASONS[verifiedType]!),
    membership: chance(0.6) ? between(1, 7) : 0,
    followers,
    following: between(0, 3000),
    posts,
    likes: posts === 0 ? 0 : Math.floor(followers * (0.2 + next() * 15)),
    growth: chance(0.1) ? -0.001 * next() : 0.006 * next(),
    ...given,
  }
}
