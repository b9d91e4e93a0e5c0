import { count, plural } from '../../core/text.js'
import { twins } from '../../model/language.js'

export const moversSectionText = twins(
  {
    title: 'Top movers',
    none: (floor: string, days: number) => `No creator gained or lost enough in ${plural(days, 'day')}: ${floor}.`,
    early:
      'Nothing to compare yet: growth appears when creators have been fetched on two days, and growth over a week when their days are a week apart.',
    top: (gain: string, days: number) => `gained the most: ${gain} followers in ${plural(days, 'day')}`,
    lead: (days: number) =>
      `Each line is the course of up to ${plural(days, 'day')} in percent; the lines of a column have the same scale.`,
    gained: 'Gained the most followers',
    fastest: 'Grew fastest',
    lost: 'Lost the most followers',
    floor: (followers: number, share: string) => `at least ${count(followers)} followers, or ${share}`,
    fastestFloor: (share: string, followers: number) => `at least ${share}, with ${count(followers)} followers before`,
    nobody: 'Nobody.',
    course: (from: number, to: number, days: number, gain: string) =>
      `${count(from)} to ${count(to)} over ${plural(days, 'day')} (${gain})`,
    oneDay: 'one day',
    about: (tier: string | null, followers: number) => `${tier === null ? '' : `${tier} · `}${count(followers)}`,
    creator: 'Creator, followers',
    line: 'Course',
    change: 'Change',
  },
  {
    title: '涨跌榜',
    none: (floor, days) => `近 ${days} 天没有达人的涨跌达到上榜标准（${floor}）。`,
    early: '暂无可比数据：达人有两天的数据后才能看到涨粉，间隔满一周后才能看到周涨粉。',
    top: (gain, days) => `涨粉最多：近 ${days} 天 ${gain}`,
    lead: (days) => `曲线为最近 ${days} 天内的涨跌幅（%），同一列的曲线使用同一刻度。`,
    gained: '涨粉最多',
    fastest: '涨幅最大',
    lost: '掉粉最多',
    floor: (followers, share) => `至少 ${count(followers)} 粉丝，或 ${share}`,
    fastestFloor: (share, followers) => `至少 ${share}，且原有粉丝不少于 ${count(followers)}`,
    nobody: '暂无。',
    course: (from, to, days, gain) => `${days} 天内从 ${count(from)} 到 ${count(to)}（${gain}）`,
    oneDay: '仅一天',
    /** The name of a tier has its limits, and is too long here. */
    about: (_, followers) => `粉丝 ${count(followers)}`,
    creator: '达人、粉丝',
    line: '走势',
    change: '变化',
  },
)
