import { count, plural } from '../../core/text.js'
import { twins } from '../../model/language.js'
import type { Role } from '../../model/pipeline.js'

const ROLES: Partial<Record<Role, string>> = {
  displayName: 'name',
  bio: 'bio',
  region: 'region',
  gender: 'gender',
  age: 'age',
  verification: 'verification',
}

export const changesSectionText = twins(
  {
    title: (creators: number, days: number) =>
      `${plural(creators, 'creator')} changed something in ${plural(days, 'day')}`,
    plainTitle: 'What changed',
    lead: 'Creators by what they changed: ',
    comma: ', ',
    stop: '.',
    none: (days: number) => `No creator changed anything in the last ${plural(days, 'day')}.`,
    early: 'Nothing to compare yet: changes appear when creators have been fetched twice.',
    name: 'Renamed',
    bio: 'New bios',
    other: 'Everything else',
    shown: (changes: number) => `${plural(changes, 'change')} shown`,
    list: 'a list, compared as a whole',
    nothing: 'nothing',
    became: 'became',
    old: 'Before',
    creator: 'Creator',
    what: 'What',
    change: 'Change',
    when: 'First seen',
    roles: ROLES,
  },
  {
    title: (creators, days) => `近 ${days} 天有 ${count(creators)} 位达人变更了资料`,
    plainTitle: '资料变更',
    lead: '各项变更的达人数：',
    comma: '、',
    stop: '。',
    none: (days) => `近 ${days} 天没有达人变更资料。`,
    early: '暂无可比数据：达人抓取两次后，才能看到变更。',
    name: '改名',
    bio: '简介更新',
    other: '其他变更',
    shown: (changes) => `显示 ${count(changes)} 条`,
    list: '列表，按整体比较',
    nothing: '空',
    became: '变为',
    old: '原名',
    creator: '达人',
    what: '变更项',
    change: '变更内容',
    when: '首次发现',
    roles: { displayName: '昵称', bio: '简介', region: '属地', gender: '性别', age: '年龄', verification: '认证' },
  },
)
