import { count, plural, type Count } from '../../core/text.js'
import { twins } from '../../model/language.js'

export const summarySectionText = twins(
  {
    none: 'No profile has been received yet',
    noneLead: 'The report fills when the first profiles have arrived.',
    size: (creators: number, fans: string) => `${plural(creators, 'creator')} with ${fans} followers`,
    sizeLead: 'Growth appears when creators have been fetched on two days.',
    grew: (share: string, days: number) => `Followers grew by ${share} in ${plural(days, 'day')}`,
    fell: (share: string, days: number) => `Followers fell by ${share} in ${plural(days, 'day')}`,
    same: (days: number) => `The number of followers stayed the same for ${plural(days, 'day')}`,
    compared: (before: Count, after: number, creators: number) =>
      `From ${count(before)} to ${count(after)}, over the ${plural(creators, 'creator')} known on both days.`,
    left: (creators: number) =>
      ` ${plural(creators, 'other')}, without a number on one of the days, ${creators === 1 ? 'is' : 'are'} not in this figure.`,
    creators: 'Creators',
    allKnown: 'every id has a profile',
    known: (ids: number) => `with a profile, of ${plural(ids, 'id')}`,
    gone: (creators: number) => `${count(creators)} without a profile today`,
    followers: 'Followers',
    median: (median: number | null) => `median ${count(median)}`,
    growth: (days: number) => `Change in ${plural(days, 'day')}`,
    gained: 'Gained followers',
    gainedOf: (gained: number, compared: number) => `${count(gained)} of ${plural(compared, 'creator')}`,
    perPost: 'Engagement per post',
    perPostMore: 'median of the creators',
    inNoList: (creators: number) =>
      `${plural(creators, 'more creator')} with a profile, in no list any more, not counted here.`,
  },
  {
    none: '还没有抓取到达人资料',
    noneLead: '抓取到第一批资料后，报告才会有内容。',
    size: (creators, fans) => `${count(creators)} 位达人，粉丝共 ${fans}`,
    sizeLead: '达人有两天的数据后，才能看到涨粉情况。',
    grew: (share, days) => `近 ${days} 天粉丝增长 ${share}`,
    fell: (share, days) => `近 ${days} 天粉丝减少 ${share}`,
    same: (days) => `近 ${days} 天粉丝总数不变`,
    compared: (before, after, creators) =>
      `首尾两天都有数据的 ${count(creators)} 位达人，粉丝数从 ${count(before)} 变为 ${count(after)}。`,
    left: (creators) => `另有 ${count(creators)} 位达人缺少首日或末日的数据，未计入。`,
    creators: '达人',
    allKnown: '全部 ID 都有资料',
    known: (ids) => `有资料，共 ${count(ids)} 个 ID`,
    gone: (creators) => `其中 ${count(creators)} 位目前没有资料`,
    followers: '粉丝',
    median: (median) => `中位数 ${count(median)}`,
    growth: (days) => `近 ${days} 天涨粉`,
    gained: '涨粉达人占比',
    gainedOf: (gained, compared) => `${count(compared)} 位达人中有 ${count(gained)} 位`,
    perPost: '篇均互动',
    perPostMore: '达人中位数',
    inNoList: (creators) => `另有 ${count(creators)} 位达人有资料，但已不在任何名单中，这里不计入。`,
  },
)
