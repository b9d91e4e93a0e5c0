import { unlabelled, type Sample } from '../../core/prometheusText.js'
import { STATUSES, type CodeCount, type Receipt } from '../../model/receipt.js'
import type { Samples } from './metricTable.js'

/** The longest label value that is taken from an answer. */
const CODE = /^[\w.-]{1,32}$/

/** The figures of a finished run. */
export function samplesOfRun(receipt: Receipt): Samples {
  const { seconds, rows, ids, reasons, calls, pace, money, simulated } = receipt
  const byStatus = (counts: Receipt['rows']): Sample[] => STATUSES.map((status) => [{ status }, counts[status]])
  const byReason = (wanted: string, label: string): Sample[] =>
    summed(
      reasons.filter(({ status }) => status === wanted).map((each) => [{ [label]: codeLabel(each.reason) }, each.ids]),
    )
  const { calls_per_second, limit_per_second, in_flight_limit } = pace
  return {
    creator_enrich_last_run_duration_seconds: unlabelled(seconds),
    creator_enrich_rows: byStatus(rows),
    creator_enrich_ids: byStatus(ids),
    creator_enrich_due_ids: unlabelled(receipt.due_ids),
    creator_enrich_fetched_ids: unlabelled(receipt.asked_ids),
    creator_enrich_failed_ids: byReason('failed', 'code'),
    creator_enrich_parked_ids: byReason('parked', 'reason'),
    creator_enrich_calls: summed(calls.codes.map(({ code, calls: sent }) => [{ code: codeLabel(code) }, sent])),
    creator_enrich_latency_seconds: calls.codes.filter(({ code }) => CODE.test(code)).flatMap(latencies),
    creator_enrich_money: moneySamples(money, simulated),
    creator_enrich_pace_calls_per_second: unlabelled(calls.sent > 0 ? calls_per_second : null),
    creator_enrich_pace_limit_calls_per_second: unlabelled(limit_per_second),
    creator_enrich_pace_in_flight_limit: unlabelled(in_flight_limit),
  }
}

/** Money as samples; the calls of a simulated folder cost nothing. */
export function moneySamples(
  { billed, maybe_billed, currency }: Pick<Receipt['money'], 'billed' | 'maybe_billed' | 'currency'>,
  simulated: boolean,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  return [
    [{ ...labels, kind: 'billed', currency }, simulated ? 0 : billed],
    [{ ...labels, kind: 'maybe_billed', currency }, simulated ? 0 : maybe_billed],
  ]
}

/** The upstream chooses its codes, so a label takes only a short plain word. */
function codeLabel(code: string): string {
  return CODE.test(code) ? code : 'other'
}

/** Samples with the same labels become one. */
function summed(samples: readonly Sample[]): Sample[] {
  const sums = new Map<string, Sample>()
  for (const [labels, value] of samples) {
    const key = JSON.stringify(labels)
    sums.set(key, [labels, (sums.get(key)?.[1] ?? 0) + value])
  }
  return [...sums.values()]
}

function latencies({ code, p50_ms, p95_ms, max_ms }: CodeCount): Sample[] {
  const quantiles = [
    ['50', p50_ms],
    ['95', p95_ms],
    ['100', max_ms],
  ] as const
  return quantiles.flatMap(([percentile, ms]) =>
    ms === null ? [] : [[{ code, percentile }, ms / 1000] satisfies Sample],
  )
}
