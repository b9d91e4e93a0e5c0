import type { PipelineWords } from '../../src/model/pipeline.js'
import { chineseAttributes } from './columns/chineseAttributes.js'
import { chineseNumbers } from './columns/chineseNumbers.js'
import { chineseVolatiles } from './columns/chineseVolatiles.js'
import type { RejectReason } from './reject.js'
import { searchUser } from './resolvers/searchUser.js'
import { shareUrlTransfer } from './resolvers/shareUrlTransfer.js'

const remedies: Readonly<Record<RejectReason | 'not_found' | 'ambiguous', string>> = {
  empty: '请填写用户 ID 或主页链接',
  too_long: '每个单元格只填一个用户 ID 或主页链接',
  several_ids: '每行只填一个用户 ID',
  short_link: `请在浏览器中打开短链接，粘贴跳转后的主页地址；或加上 --resolve，由 API 查询（每个 ¥${shareUrlTransfer.price}）`,
  note_without_user: '笔记链接中没有用户 ID：请粘贴作者的主页链接',
  link_without_user: '请粘贴主页链接：链接中应有 /user/profile/ 和 24 位十六进制字符',
  red_id: `小红书号不是用户 ID：请粘贴主页链接；或加上 --resolve，由 API 查询（手机号除外，每个 ¥${searchUser.price}）`,
  ruined_number: '表格软件把 ID 转成了数字，位数已丢失：请将该列设为文本格式后重新粘贴',
  wrong_length: '用户 ID 为 24 位十六进制字符：请完整复制',
  not_an_id: '请填写用户 ID（24 位十六进制字符）或主页链接',
  not_found: '查无此人：请核对，或粘贴主页链接',
  ambiguous: '查到多人：请粘贴主页链接',
}

/** The words of people for this endpoint in Chinese. */
export const chinese: PipelineWords = {
  title: '小红书用户主页（Just One API，V3）',
  labels: { engagement: '获赞与收藏', engagement_per_post: '篇均赞藏', posts: '笔记' },
  columns: { ...chineseAttributes, ...chineseNumbers, ...chineseVolatiles },
  values: {
    tier: {
      nano: '素人 <1万',
      micro: '尾部 1–10万',
      mid: '腰部 10–50万',
      macro: '头部 50–100万',
      mega: '超头部 ≥100万',
    },
    gender: { male: '男', female: '女', unknown: '未知' },
    verification: { none: '未认证', person: '个人认证', business: '企业认证' },
  },
  remedies,
  anomalies: { counts_disagree: '数值不一致', share_text_disagrees: '与分享文案不一致' },
}
