import { count, plural } from '../../core/text.js'
import { twins, type Words } from '../../model/language.js'

const PARKED: Words = {
  cap: 'over the cap of this run; the next run goes on with them',
  quota: 'the quota of calls is used up',
  balance: 'the balance is used up',
  stopped: 'the run stopped before it reached these ids',
  not_failed: 'never fetched; --retry-failed fetches only failed ids',
  not_resolved: 'an earlier run did not get to this link or name; run --resolve goes on',
}

export const failuresText = twins(
  {
    title: 'What failed, and why',
    none: 'Nothing failed: every row has its profile.',
    outcome: 'Outcome',
    reason: 'Reason',
    rows: 'Rows',
    details: 'Details',
    ids: (ids: number) => `${plural(ids, 'id')} that failed`,
    calls: (calls: number) => plural(calls, 'call'),
    rest: (ids: number) => `and ${count(ids)} more: see exports/failures.csv`,
    parked: PARKED,
  },
  {
    title: '失败原因',
    none: '没有失败：每一行都有资料。',
    outcome: '状态',
    reason: '原因',
    rows: '行数',
    details: '说明',
    ids: (ids) => `${count(ids)} 个失败的 ID`,
    calls: (calls) => `调用 ${count(calls)} 次`,
    rest: (ids) => `另有 ${count(ids)} 个：见 exports/failures.csv`,
    parked: {
      cap: '超出本次运行的上限，下次运行会继续',
      quota: '当日调用额度已用完',
      balance: '余额已用完',
      stopped: '运行提前停止，未轮到这些 ID',
      not_failed: '从未抓取；--retry-failed 只抓取失败的 ID',
      not_resolved: '之前的运行还没查到这个链接或名称；run --resolve 会继续',
    },
  },
)
