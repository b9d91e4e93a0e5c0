import type { PipelineWords } from '../../src/model/pipeline.js'

/** The words of people for this endpoint in Chinese. */
export const chinese: PipelineWords = {
  title: '小红书用户主页（Just One API，V3）',
  labels: { engagement: '获赞与收藏', engagement_per_post: '篇均赞藏', posts: '笔记' },
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
  anomalies: { counts_disagree: '数值不一致', share_text_disagrees: '与分享文案不一致' },
}
