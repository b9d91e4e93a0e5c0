import { NO_WORDS, twins, type Language, type Words } from './language.js'
import { codesOf, type Pipeline } from './pipeline.js'

/** Words for what became of a row, in a language. What has none is shown as it is stored. */
export interface RowWords {
  /** How to correct a rejected row, by its reason. */
  readonly remedies: Words
  /** What a failed call means, by its code; the stored message follows in brackets. */
  readonly meanings: Words
}

const REMEDIES = twins(NO_WORDS, {
  header_again: '删除这一行：它是重复的表头',
  forgotten: '删除这一行：此人的数据已按要求删除；如需恢复，请用 `creator-enrich forget --allow`',
  invalid: 'API 返回该 ID 不存在：请更正；--retry-failed 会再抓取一次',
})

const MEANINGS = twins(NO_WORDS, {
  ambiguous: '请求已发出但没有可用的结果，可能已计费',
  misdelivered: '返回的是其他 ID 的资料',
  unreadable: '返回的内容不是达人资料',
  too_large_to_load: '资料过大，无法入库',
  unsent: '请求未发出',
  withdrawn: '请求在发出前已撤回',
  untrusted: '服务器证书不受信任',
  proxy: '代理拒绝了该用户',
  timeout: '规定时间内没有收到完整的返回',
  broken: '请求发出后连接中断',
  undecodable: '返回内容无法解压',
  too_large: '返回内容过大',
  redirect: '被要求跳转',
  no_body: '返回内容为空',
  not_json: '返回内容不是 JSON',
  cut_json: '返回的 JSON 被截断或已损坏',
  no_code: '返回内容中没有返回码',
  not_utf8: '返回内容不是 UTF-8',
  too_deep: '返回内容嵌套过深，无法读取',
})

export function rowWords(pipeline: Pick<Pipeline, 'words' | 'vendor' | 'codes'>, lang: Language): RowWords {
  const { remedies } = pipeline.words?.[lang] ?? {}
  return { remedies: { ...REMEDIES[lang], ...remedies }, meanings: { ...MEANINGS[lang], ...codeWords(pipeline, lang) } }
}

/** English words are those of the stored messages. */
function codeWords(pipeline: Pick<Pipeline, 'vendor' | 'codes'>, lang: Language): Words {
  if (lang === 'en') return {}
  return Object.fromEntries(Object.entries(codesOf(pipeline)).flatMap(([code, { zh }]) => (zh ? [[code, zh]] : [])))
}

/** The message of a failed call for people. */
export function failureMessage({ meanings }: RowWords, code: string, message: string | null): string | null {
  const meaning = meanings[code]
  return meaning === undefined ? message : message ? `${meaning}（${message}）` : meaning
}
