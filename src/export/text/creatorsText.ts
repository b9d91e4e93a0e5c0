import { NO_COLUMN_WORDS, twins } from '../../model/language.js'

/** Titles and meanings of the columns of `creators` that are not the pipeline's. */
export const creatorsText = twins(NO_COLUMN_WORDS, {
  status: [
    '状态',
    '最近一次明确的返回：active 正常；empty 已无资料（连续两次运行均无资料，或从未有过资料；各列保留最后一次的资料）；invalid 为 API 认为 ID 无效；never_fetched 从未抓取。',
  ],
  first_seen_at: ['首次入库时间', '第一次取得资料的时间。'],
  last_fetched_at: ['抓取时间', '本行资料的取得时间。'],
  last_changed_at: ['资料变更时间', '当前资料首次出现的时间。'],
  last_conclusive_at: ['最近明确返回时间', '最近一次明确返回的时间。'],
  run_id: ['运行', '取得该返回的运行。'],
  last_attempt_at: ['最近调用时间', '最近一次调用结束的时间，不论结果。'],
  last_attempt_outcome: ['最近调用结果', '最近一次调用的结果：profile、empty、misdelivered、unreadable 等。'],
  last_attempt_code: ['最近调用返回码', '最近一次调用的返回码；API 没有给出时为本程序的代码。'],
  last_attempt_run_id: ['最近调用的运行', '最近一次调用所在的运行。'],
  extra: ['其余内容', '资料中其余内容的 JSON：未知的键，以及无法写入各列的值。'],
})

/** Titles and meanings of the columns of `creator_candidates`. */
export const candidatesText = twins(NO_COLUMN_WORDS, {
  user_id: ['用户ID', '被提到的用户。'],
  nickname: ['昵称', '最近一次被提到时的显示名称。'],
  mentioned_by: ['提到的达人数', '提到该用户的达人数。'],
  mentioners_fans: ['提到者粉丝合计', '这些达人的粉丝数合计。'],
  top_mentioner_id: ['粉丝最多的提到者ID', '这些达人中粉丝最多的一位。'],
  top_mentioner_nickname: ['粉丝最多的提到者', '该达人的显示名称。'],
  top_mentioner_fans: ['该提到者的粉丝', '该达人的粉丝数。'],
  last_mentioned_at: ['最近提到时间', '最近一次提到该用户的资料的取得时间（UTC）。'],
  last_mentioned_day: ['最近提到日期', '最近一次提到该用户的日期。'],
})
