import { count, labelLine, labelParts, moneyText, plural } from '../../core/text.js'
import { foreignLines, type ListReceipt } from '../../model/receipt.js'
import { timeIn, timeOf } from '../../terminal/progress.js'
import type { MonthCalls } from '../../plan/monthCalls.js'
import { exactMoney } from '../spentText.js'

/** Inputs of one kind, and the price of a call for one of them. */
export interface ResolvableKind {
  readonly kind: string
  readonly title: string
  readonly inputs: number
  readonly price: number
}

export interface PlanReasonCount {
  readonly reason: string
  readonly ids: number
  readonly rows: number
}

/** What a run would fetch now, as `plan --json` prints it. Times are ISO 8601, UTC. */
export interface PlanReport {
  readonly data: string
  readonly planned_at: string
  /** A run would add and remove so many ids. */
  readonly lists: readonly Omit<ListReceipt, 'rows' | 'ids'>[]
  readonly rows: number
  /** Distinct ids. */
  readonly ids: number
  readonly rejected: { readonly rows: number; readonly reasons: readonly { reason: string; rows: number }[] }
  readonly due: { readonly ids: number; readonly rows: number; readonly reasons: readonly PlanReasonCount[] }
  /** Ids that are not due, by reason; `held` ones wait for `--on-ambiguous retry`. */
  readonly known: Readonly<Record<'fresh' | 'empty' | 'failed' | 'invalid' | 'held' | 'skipped', number>>
  /** The price of the due ids, each billed once, and with `--tracked` that of a month. */
  readonly money: {
    readonly currency: string
    readonly price: number
    readonly due: number
    readonly month?: MonthCalls & { readonly cost: number }
  }
  /** With `--resolve`: number and price by kind of the inputs to ask for, the price of all, and of all their profiles. */
  readonly resolve?: {
    readonly kinds: readonly ResolvableKind[]
    /** Not asked for: a call may have been paid. */
    readonly held: number
    readonly cost: number
    readonly profiles: number
  }
  /** Without `--resolve`, if there are inputs that it would ask for. */
  readonly resolvable?: { readonly kinds: readonly ResolvableKind[] }
  readonly simulated: boolean
  readonly time: {
    /** Null when neither an earlier run nor `--rate` gives a pace. */
    readonly seconds: number | null
    readonly concurrency: number
    readonly rate: number | null
    /** The median of earlier runs. */
    readonly latency_ms: number | null
    /** Calls a second that the API allowed in the last run. */
    readonly limit_per_second: number | null
  }
  /** `running`: profiles that the current run has fetched are not counted yet. `cut_off`: paid answers of the last run are not loaded yet. */
  readonly caveat: 'running' | 'cut_off' | null
}

const REASONS: Readonly<Record<string, string>> = {
  never_fetched: 'never fetched',
  stale: 'stale',
  ahead: 'dated ahead',
  stale_empty: 'stale without a profile',
  stale_failure: 'stale failures',
  failed_before: 'failed before',
  useless_before: 'empty in a useless run',
  ambiguous: 'ambiguous',
  retry_failed: 'failed or invalid or empty',
}

const KNOWN = {
  fresh: 'fresh',
  empty: 'without a profile',
  failed: 'failed and not stale yet',
  invalid: 'invalid',
  held: 'held because maybe paid',
  skipped: 'not failed',
} as const

const CAVEATS = {
  running: 'a run is on: the profiles that it has fetched are not counted as known here',
  cut_off: 'the last run left paid answers, which the next run loads: they are not counted as known here',
} as const

const AHEAD = 'dated over an hour ahead: the first call shows which clock is wrong'

/** The plan as text, at most 80 columns wide except for paths. */
export function planText(plan: PlanReport): string {
  const { due, known, rejected, ids, rows } = plan
  const lines = [
    ...plan.lists.map(({ list, source }, at) => labelLine(at === 0 ? 'lists' : '', `${list} (${source})`)),
    ...plan.lists.flatMap(foreignLines),
    labelLine(
      'rows',
      `${count(rows)} read, ${count(rows - rejected.rows)} with an id, ${count(rejected.rows)} rejected`,
    ),
    labelLine('ids', `${count(ids)} distinct: ${count(due.ids)} to fetch, ${count(ids - due.ids)} known`),
  ]
  if (due.ids > 0) {
    const parts = due.reasons.map(({ reason, ids: some }) => `${REASONS[reason] ?? reason}: ${count(some)}`)
    lines.push(labelParts('to fetch', parts))
  }
  const kept = (Object.keys(KNOWN) as (keyof typeof KNOWN)[]).filter((kind) => known[kind] > 0)
  if (kept.length > 0)
    lines.push(
      labelParts(
        'known',
        kept.map((kind) => `${KNOWN[kind]}: ${count(known[kind])}`),
      ),
    )
  if (rejected.rows > 0)
    lines.push(
      labelParts(
        'rejected',
        rejected.reasons.map(({ reason, rows: some }) => `${reason}: ${count(some)}`),
      ),
    )
  lines.push(moneyLine(plan), ...resolvableLine(plan), ...resolveLines(plan), ...monthLines(plan), timeLine(plan))
  if (due.reasons.some(({ reason }) => reason === 'ahead')) lines.push(labelLine('clock', AHEAD))
  if (plan.caveat) lines.push(labelLine('note', CAVEATS[plan.caveat]))
  return `${lines.join('\n')}\n`
}

function moneyLine({ ids, due, money, simulated }: PlanReport): string {
  const price = moneyText(money.due, money.currency)
  if (ids === 0) return labelLine('money', 'none: no row has a usable id')
  if (due.ids === 0) return labelLine('money', 'none: every id is known')
  if (simulated) return labelLine('money', `none, the data are simulated (a real run: ${price})`)
  return labelLine(
    'money',
    `${price}: ${plural(due.ids, 'call')} at ${exactMoney(money.price, money.currency)}, if each is billed once`,
  )
}

function resolvableLine({ resolvable, money: { currency } }: PlanReport): string[] {
  if (resolvable === undefined) return []
  const inputs = resolvable.kinds.reduce((sum, kind) => sum + kind.inputs, 0)
  const prices = [...new Set(resolvable.kinds.map(({ price }) => exactMoney(price, currency)))]
  return [labelLine('hint', `--resolve could find ${plural(inputs, 'more id')}, at ${prices.join(' or ')} a call`)]
}

function resolveLines({ resolve, money: { currency }, simulated }: PlanReport): string[] {
  if (resolve === undefined) return []
  const kinds = resolve.kinds.map(
    ({ title, inputs, price }) => `${title}: ${plural(inputs, 'call')} at ${exactMoney(price, currency)}`,
  )
  const cost = `${moneyText(resolve.cost, currency)} in all${simulated ? ' (if the calls were real)' : ''}`
  const held = resolve.held > 0 ? [`held because maybe paid: ${count(resolve.held)}`] : []
  if (kinds.length === 0)
    return [labelParts('resolve', held.length > 0 ? held : ['none: no link or name is left to ask for'])]
  return [
    labelParts('resolve', [...kinds, cost, ...held]),
    labelLine('', `and up to ${moneyText(resolve.profiles, currency)} for the profiles of those who are found`),
  ]
}

function monthLines({ money: { month, price, currency }, simulated }: PlanReport): string[] {
  if (month === undefined) return []
  const { ids, empty_ids, calls, cost } = month
  const parts = [
    `about ${exactMoney(cost, currency)} with one run on each of 30 nights${simulated ? ' (if the calls were real)' : ''}`,
    `${plural(calls, 'call')} at ${exactMoney(price, currency)} for ${plural(ids, 'id')}`,
    ...(empty_ids > 0 ? [`and ${count(empty_ids)} without a profile once`] : []),
  ]
  return [labelParts('month', parts)]
}

function timeLine({ due, time }: PlanReport): string {
  const { seconds, concurrency, rate, latency_ms, limit_per_second } = time
  if (due.ids === 0) return labelLine('time', 'none')
  if (seconds === null) {
    return labelLine('time', 'unknown: no run has measured the API yet; --rate N/s shows the time at that pace')
  }
  const pace = [
    ...(latency_ms === null ? [] : [`${concurrency} at a time, ${timeIn(latency_ms)} each as in the last runs`]),
    ...(limit_per_second === null ? [] : [`the API allows about ${limit_per_second}/s`]),
    ...(rate === null ? [] : [`at most ${rate}/s`]),
  ]
  return labelParts('time', [`about ${timeOf(Math.max(1, seconds))}: ${pace[0] ?? ''}`, ...pace.slice(1)])
}
