import { count, plural } from '../../core/text.js'
import { twins } from '../../model/language.js'

export const growthSectionText = twins(
  {
    name: 'Followers over time',
    none: 'Nothing to compare yet: lines appear when creators have been fetched on two days.',
    one: (growth: string, since: string) => `${growth} followers since ${since}`,
    best: (list: string, growth: string, since: string) => `${list} grew most: ${growth} followers since ${since}`,
    noneGrew: (since: string) => `No list has grown since ${since}`,
    lead: (days: number) =>
      `Growth in percent over up to ${plural(days, 'day')}, by creators that were known before: new creators do not lift the line. A creator that was not fetched on a day counts as last seen.`,
    scale: ' All lines have the same scale.',
    zero: '0%',
    followers: (fans: string, creators: number) => `${fans} followers, ${plural(creators, 'creator')}`,
    chart: (list: string, growth: string, from: string, to: string) => `${list}: ${growth} from ${from} to ${to}`,
    rest: (lists: number) => `${plural(lists, 'smaller list')} not shown.`,
  },
  {
    name: '粉丝走势',
    none: '暂无可比数据：达人有两天的数据后，才会显示走势图。',
    one: (growth, since) => `自 ${since} 起粉丝 ${growth}`,
    best: (list, growth, since) => `「${list}」涨幅最大：自 ${since} 起粉丝 ${growth}`,
    noneGrew: (since) => `自 ${since} 起没有名单涨粉`,
    lead: (days) =>
      `最近 ${days} 天内的涨幅（%），只计算此前已有数据的达人，新增达人不会抬高曲线。当天没有抓取的达人按最近一次的数据计算。`,
    scale: '所有曲线使用同一刻度。',
    zero: '0%',
    followers: (fans, creators) => `粉丝 ${fans}，${count(creators)} 位达人`,
    chart: (list, growth, from, to) => `${list}：${from} 至 ${to}，${growth}`,
    rest: (lists) => `另有 ${count(lists)} 个较小的名单未显示。`,
  },
)
