import type { PipelineWords } from '../../src/model/pipeline.js'
import { chinese as xiaohongshu } from '../xiaohongshu-user-profile/chinese.js'
import { chineseColumns } from './columns/chineseColumns.js'

/** The words of people for this endpoint in Chinese. */
export const chinese: PipelineWords = {
  title: '微博用户主页（Just One API，V3）',
  labels: { engagement: '转评赞总数', engagement_per_post: '条均转评赞', posts: '微博' },
  columns: chineseColumns,
  values: {
    tier: xiaohongshu.values!['tier']!,
    gender: { male: '男', female: '女', unknown: '未知' },
    verification: {
      none: '未认证',
      person: '个人认证',
      government: '政府认证',
      enterprise: '企业认证',
      media: '媒体认证',
      organisation: '机构认证',
    },
  },
  remedies: {
    empty: '请填写 UID 或主页链接',
    too_long: '每个单元格只填一个 UID 或主页链接',
    several_ids: '每行只填一个用户的 UID',
    link_without_user: '该链接中没有 UID：请填写 UID 或主页链接',
    post_without_user: '微博正文链接中没有 UID：请粘贴作者的主页链接',
    short_link: '请在浏览器中打开短链接，粘贴跳转后的主页地址',
    name_link: '该链接用名称或个性域名表示用户：请打开后复制 UID 或带 /u/ 的主页链接',
    name: '昵称不是 UID：请粘贴主页链接',
    wrong_length: 'UID 为 8 至 10 位数字：请完整复制，或粘贴主页链接',
    ruined_number: '表格软件把 UID 转成了数字，位数已丢失：请将该列设为文本格式后重新粘贴',
    not_an_id: '请填写 UID（8 至 10 位数字）或主页链接',
  },
  anomalies: { counts_disagree: '数值不一致' },
}
