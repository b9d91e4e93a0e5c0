import { count, labelLine, plural } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import type { FleetStatus } from '../../fleet/fleetStatus.js'
import { timeOf } from '../../terminal/progress.js'

/** The state of a fleet as lines. */
export function fleetText(fleet: FleetStatus): string {
  const { ids, batches, calls, workers, accounts, stopped_at } = fleet
  const lines = [
    labelLine('fleet', `${fleet.database}${stopped_at === null ? '' : ', STOPPED: `worker resume` lets it go on'}`),
    labelLine(
      'queue',
      `${plural(ids.open, 'id')} to fetch, in ${plural(batches.waiting + batches.held, 'batch', 'batches')}, ${count(batches.held)} at work`,
    ),
    labelLine(
      'landed',
      `${plural(calls.to_collect, 'call')} to collect${calls.late === 0 ? '' : `, ${count(calls.late)} late`}; ${count(calls.in_flight)} in flight`,
    ),
    ...workers.map(({ worker, account, seen_seconds_ago }, at) =>
      labelLine(at === 0 ? 'workers' : '', `${worker}, account ${account}, seen ${timeOf(seen_seconds_ago)} ago`),
    ),
    ...(workers.length === 0 ? [labelLine('workers', 'none is at work')] : []),
    ...(fleet.lost_workers === 0
      ? []
      : [labelLine('lost', `${plural(fleet.lost_workers, 'session')} fell silent in the last day`)]),
    ...accounts.map((account, at) => labelLine(at === 0 ? 'accounts' : '', accountText(account, fleet.time_zone))),
  ]
  return `${lines.join('\n')}\n`
}

function accountText(
  { account, per_second, day_calls, taken_today, stop }: FleetStatus['accounts'][number],
  zone: string,
): string {
  const limits = [
    ...(per_second === null ? [] : [`${per_second}/s`]),
    ...(day_calls === null ? [] : [`${count(taken_today)} of ${plural(day_calls, 'call')} today`]),
  ].join(', ')
  const until = stop?.resumes_at ? `until ${localTime(zone, Date.parse(stop.resumes_at))}` : 'until `worker resume`'
  const standing = stop
    ? `stopped ${until} (${stop.code}: ${stop.message})`
    : day_calls !== null && taken_today >= day_calls
      ? 'its budget of the day is spent'
      : 'may call'
  return `${account}: ${standing}${limits === '' ? '' : `; ${limits}`}`
}
