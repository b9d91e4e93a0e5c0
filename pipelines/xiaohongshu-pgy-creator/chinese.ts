import type { PipelineWords } from '../../src/model/pipeline.js'
import { chineseColumns } from './columns/chineseColumns.js'
import { chinese as ofProfile } from '../xiaohongshu-user-profile/chinese.js'

/** The words of people for this endpoint in Chinese. The ids and tiers are those of the user profile. */
export const chinese: PipelineWords = {
  title: '小红书蒲公英达人（Just One API，V1）',
  labels: { engagement: '获赞与收藏' },
  columns: chineseColumns,
  values: { tier: ofProfile.values!['tier']!, gender: ofProfile.values!['gender']! },
  remedies: ofProfile.remedies!,
  anomalies: { quote_disagrees: '报价不一致' },
}
