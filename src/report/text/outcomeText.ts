import { count, plural } from '../../core/text.js'
import { rowStatusText } from '../../export/text/statusText.js'
import { NO_WORDS, twins } from '../../model/language.js'
import type { StopReason } from '../../model/outcome.js'

const AGAIN = '重新运行同一条命令'

/** What people do to go on after a stop, in Chinese. */
const NEXT: Readonly<Partial<Record<string, (timeZone: string) => string>>> = {
  quota: (timeZone) => `过零点（${timeZone}）后${AGAIN}`,
  balance: () => `充值、提高该 Token 的预算或换用其他 Token，然后${AGAIN}`,
  token: () => `检查 JUSTONEAPI_TOKEN，然后${AGAIN}`,
  permission: () => `在供应商的控制台开通该接口，然后${AGAIN}`,
  route: () => `检查 --api，然后${AGAIN}`,
  redirect: () => `检查 --api，然后${AGAIN}`,
  proxy: () => `在代理地址中写入用户名和密码，然后${AGAIN}`,
  unreachable: () => `API 恢复后${AGAIN}；证书不受信任时，先设置 NODE_EXTRA_CA_CERTS`,
  cap: () => `${AGAIN}；如果一次调用也没有，请提高上限`,
  signal: () => AGAIN,
} satisfies Record<StopReason, (timeZone: string) => string>

/** `next` is what the run itself says. */
type GoOn = (next: string, reason: string, timeZone: string) => string

const GO_ON: GoOn = (next) => `To continue: ${next}.`

/** What became of the rows of a run, and why it stopped. */
export const outcomeText = twins(
  {
    read: (rows: number) => plural(rows, 'row was', 'rows were') + ' read',
    from: (rows: number) => plural(rows, 'row was', 'rows were') + ' read from ',
    moreLists: (lists: number) => ` and ${plural(lists, 'other list')}`,
    ids: (ids: number) => `, with ${plural(ids, 'id')}`,
    refreshed: (ids: number) => `${count(ids)} refreshed`,
    earlier: (ids: number) => `${count(ids)} known from earlier`,
    without: (ids: number) => `${count(ids)} without a profile`,
    colon: ': ',
    comma: ', ',
    listComma: ', ',
    stop: '.',
    failedRun: (code: number) => `Ended by an error (${code}).`,
    stopped: (reason: string) => `Stopped before the end (${reason}):`,
    /** What the stop means; for other reasons the message of the stop. */
    stops: NO_WORDS,
    goOn: GO_ON,
    rows: 'Rows by outcome: ',
    enriched: 'Rows enriched',
    ofRows: (share: string, rows: number) => `${share} of ${plural(rows, 'row')}`,
    reused: 'Rows reused',
    fresh: 'still fresh, not fetched',
    notEnriched: 'Not enriched',
    failed: 'failed or rejected',
    parked: 'Rows parked',
    notReached: 'due, and not reached',
    calls: 'Calls',
    billed: (calls: number) => `${count(calls)} billed`,
    maybeBilled: (calls: number, maybe: number) => `${count(calls)} billed, ${count(maybe)} maybe`,
    cost: 'Cost',
    none: 'none',
    simulated: (amount: string) => `simulated; real: ${amount}`,
    each: (price: string) => `${price} a call`,
    maybe: (amount: string) => `up to ${amount} more`,
    saved: (amount: string) => `${amount} saved`,
    statuses: rowStatusText.en,
  },
  {
    read: (rows) => `共读取 ${count(rows)} 行`,
    from: (rows) => `共读取 ${count(rows)} 行，来自 `,
    moreLists: (lists) => ` 等，另有 ${count(lists)} 个名单`,
    ids: (ids) => `，含 ${count(ids)} 个 ID`,
    refreshed: (ids) => `${count(ids)} 个已更新`,
    earlier: (ids) => `${count(ids)} 个沿用旧数据`,
    without: (ids) => `${count(ids)} 个没有资料`,
    colon: '：',
    comma: '，',
    listComma: '、',
    stop: '。',
    failedRun: (code) => `运行出错，已终止（${code}）。`,
    stopped: (reason) => `运行提前停止（${reason}）：`,
    stops: {
      token: 'Token 无效或已停用。',
      permission: '该账号没有开通此接口。',
      route: '接口地址不存在。',
      unreachable: '无法连接 API，或 API 长时间只返回错误。',
      quota: '当日调用额度已用完。',
      balance: '账户余额或 Token 预算已用完。',
      redirect: 'API 要求跳转到其他地址，请检查 --api。',
      proxy: '代理拒绝了该用户。',
      signal: '运行被信号中断。',
      cap: '已达到本次运行设定的上限。',
    },
    goOn: (next, reason, timeZone) => `继续运行：${NEXT[reason]?.(timeZone) ?? next}。`,
    rows: '各状态的行数：',
    enriched: '已补全',
    ofRows: (share, rows) => `占 ${count(rows)} 行的 ${share}`,
    reused: '沿用',
    fresh: '数据仍在有效期，未重新抓取',
    notEnriched: '未补全',
    failed: '失败或无效',
    parked: '待抓取',
    notReached: '应抓取但未轮到',
    calls: '调用次数',
    billed: (calls) => `计费 ${count(calls)} 次`,
    maybeBilled: (calls, maybe) => `计费 ${count(calls)} 次，可能计费 ${count(maybe)} 次`,
    cost: '费用',
    none: '无',
    simulated: (amount) => `模拟运行；实际需 ${amount}`,
    each: (price) => `每次调用 ${price}`,
    maybe: (amount) => `最多再加 ${amount}`,
    saved: (amount) => `节省 ${amount}`,
    statuses: rowStatusText.zh,
  },
)
