import { NO_WORDS, twins, type Words } from '../../model/language.js'
import type { RowStatus } from '../../model/receipt.js'

const ROWS: Readonly<Record<RowStatus, string>> = {
  enriched: 'enriched',
  reused: 'reused',
  empty: 'empty',
  failed: 'failed',
  rejected: 'rejected',
  parked: 'parked',
}

/** What became of a row. */
export const rowStatusText = twins(ROWS, {
  enriched: '已补全',
  reused: '沿用',
  empty: '无资料',
  failed: '失败',
  rejected: '无效',
  parked: '待抓取',
})

/** The column `status` of a creator. */
export const creatorStatusText = twins<Words>(NO_WORDS, {
  active: '正常',
  empty: '已无资料',
  invalid: 'ID 无效',
  never_fetched: '未抓取',
})
