import { count, plural } from '../../core/text.js'
import { twins } from '../../model/language.js'
import { compactNumber } from '../figures.js'

export const peopleSectionText = twins(
  {
    title: (median: number) => `Half of the creators have ${count(median)} followers or more`,
    plainTitle: 'Who they are',
    tiers: 'Tier',
    topTier: (word: string, share: string) => `Tier: ${word} leads with ${share}`,
    steps: (share: string, followers: number) => `${share} have ${count(followers)} followers or more`,
    stepsMore: 'Creators by followers; each label is the lower limit of its step.',
    step: (low: number, creators: number) => `from ${count(low)}: ${count(creators)}`,
    provinces: 'Province or region',
    topProvince: (word: string, share: string) => `Province or region: ${word} leads with ${share}`,
    genders: 'Gender',
    topGender: (word: string, share: string) => `Gender: ${share} are ${word}`,
    verification: 'Verification',
    verified: (share: string) => `Verification: ${share} are verified`,
    others: (words: number) => plural(words, 'other'),
    notStated: 'not stated',
    creators: 'Creators',
    share: 'Share',
  },
  {
    title: (median) => `半数达人的粉丝数不少于 ${count(median)}`,
    plainTitle: '达人画像',
    tiers: '量级',
    topTier: (word, share) => `量级：${word} 最多，占 ${share}`,
    steps: (share, followers) => `${share} 的达人粉丝数不少于 ${compactNumber(followers, 'zh')}`,
    stepsMore: '按粉丝数分段的达人数；标签为各段下限。',
    step: (low, creators) => `${compactNumber(low, 'zh')} 起：${count(creators)} 位`,
    provinces: '属地',
    topProvince: (word, share) => `属地：${word}最多，占 ${share}`,
    genders: '性别',
    topGender: (word, share) => `性别：${word}占 ${share}`,
    verification: '认证',
    verified: (share) => `认证：${share} 已认证`,
    others: (words) => `其他 ${count(words)} 项`,
    notStated: '未填写',
    creators: '达人',
    share: '占比',
  },
)
