import stringWidth from 'string-width'
import { count, labelLine, labelParts, moneyText, plural } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import type { RunStatus } from '../../dataFolder/runStatus.js'
import { endText } from '../../model/runExit.js'
import { timeOf } from '../../terminal/progress.js'
import { percent, table } from '../../terminal/table.js'
import { runAgainText } from '../runAgainText.js'
import { spentParts } from '../spentText.js'
import { leavingLines } from './leaving.js'
import type { RunReport, StatusReport } from './status.js'

const AGES = {
  day: 'within a day',
  week: '1 to 7 days ago',
  month: '7 to 30 days ago',
  older: 'over 30 days ago',
  never: 'never had a profile',
} as const

/** The status as text. */
export function statusText(status: StatusReport, now: number, columns: number): string {
  const parts = [
    nowText(status, now),
    runsText(status, columns),
    parkedText(status, now, columns),
    restText(status, now),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function nowText(
  { data, closed, running, cut_off, simulated, failed_start, unfinished_erasure, time_zone: zone }: StatusReport,
  now: number,
): string {
  const lines = [
    labelLine('folder', `${data}${simulated ? '  SIMULATED DATA: invented people' : ''}`),
    labelLine('times', `of ${zone}, where it is ${localTime(zone, now)}`),
  ]
  if (closed.includes('state'))
    lines.push(labelLine('now', 'not known: state/ is closed to you; the user of this folder sees it'))
  else if (running) lines.push(...runningLines(running, now))
  else if (cut_off) {
    const when = cut_off.at === null ? '' : ` at ${localTime(zone, Date.parse(cut_off.at))}`
    const ended = cut_off.exit_code === null ? 'was cut off' : `ended with exit ${cut_off.exit_code}`
    lines.push(
      labelLine('now', `no run is on; the last one (${cut_off.run_id ?? 'unknown'}) ${ended}${when}`),
      labelLine('', 'run the same command again: it first loads the paid answers, with no call'),
    )
  } else lines.push(labelLine('now', 'no run is on'))
  if (failed_start) {
    const { at, exit_code, lists, error } = failed_start
    const of = lists.length === 0 ? '' : ` of ${lists.join(', ')}`
    const when = localTime(zone, Date.parse(at))
    lines.push(labelLine('start', `the last start${of} failed at ${when}, exit ${exit_code}:`), labelLine('', error))
  }
  return `${[...lines, ...erasureLines(unfinished_erasure)].join('\n')}\n`
}

function erasureLines(unfinished: StatusReport['unfinished_erasure']): string[] {
  const { forget, leaving } = unfinished ?? { forget: 0, leaving: 0 }
  const lines = [
    ...(leaving > 0
      ? [`that of ${plural(leaving, 'person', 'people')} who left all lists was cut off:`, 'the next run completes it']
      : []),
    ...(forget > 0
      ? [`a forget of ${plural(forget, 'person', 'people')} was cut off:`, 'give the same ids to forget again']
      : []),
  ]
  return lines.map((line, at) => labelLine(at === 0 ? 'erasure' : '', line))
}

function runningLines(running: RunStatus, now: number): string[] {
  const { pid, phase, started_at, active_seconds, lists, due, done, in_flight, failed, stop } = running
  const seconds = Math.max(0, (now - Date.parse(started_at)) / 1000)
  // A run of an older version does not say how long it has stood still.
  const active = active_seconds ?? seconds
  const pace = active > 0 ? done / active : 0
  const lines = [
    labelLine('now', `${phase}: run ${running.run_id} (PID ${pid}), for ${timeOf(seconds)}`),
    labelLine('lists', lists.join(', ')),
  ]
  if (due > 0) {
    const left = phase === 'fetching' && pace > 0 ? `, ${timeOf((due - done) / pace)} left` : ''
    lines.push(
      labelLine('ids', `${count(done)} of ${count(due)} done (${percent(done / due)}), ${pace.toFixed(1)}/s${left}`),
      labelLine('', `${count(in_flight)} in flight, ${count(failed)} failed`),
    )
  }
  if (stop !== undefined) lines.push(labelLine('stopping', stop))
  return lines
}

function runsText({ runs, simulated, money, time_zone: zone }: StatusReport, columns: number): string {
  if (runs.length === 0) return ''
  const startOf = (run: RunReport, from: number): string => localTime(zone, Date.parse(run.started_at)).slice(from)
  const rows = (from: number): string[][] =>
    runs.map((run) => [
      startOf(run, from),
      endText(run),
      run.finished_at === null ? '–' : timeOf((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000),
      ...[run.rows, run.enriched, run.failed, run.parked, run.calls].map(count),
      run.money_billed === null || simulated ? '–' : moneyText(run.money_billed, money?.currency ?? '').trim(),
    ])
  const header = [
    { title: 'run' },
    { title: 'ended', cut: true },
    ...['took', 'rows', 'enriched', 'failed', 'parked', 'calls', 'money'].map((title) => ({ title, right: true })),
  ]
  const uncut = table(
    header.map((each) => ({ ...each, cut: false })),
    rows(0),
    columns,
  )
  // The years go where the counts are so large that the table would not fit, before the exit code is cut off.
  const fits = uncut.split('\n').every((line) => stringWidth(line) <= columns)
  // The row of a run is in the file that is published after it.
  return `${fits ? uncut : table(header, rows(5), columns)}${labelLine('took', 'until the tables were complete; publishing and the report follow')}\n`
}

function parkedText({ parked }: StatusReport, now: number, columns: number): string {
  if (parked.length === 0) return ''
  const rows = parked.map(({ list, reason, rows: some, ids }) => [list, reason, count(some), count(ids)])
  const header = [
    { title: 'parked list', cut: true },
    { title: 'why' },
    { title: 'rows', right: true },
    { title: 'ids', right: true },
  ]
  const hints = new Map<string, Set<string>>()
  for (const { reason, run_again } of parked) {
    if (run_again === null) continue
    const hint = runAgainText(run_again, now)
    hints.set(hint, (hints.get(hint) ?? new Set()).add(reason))
  }
  const next = [...hints].map(([hint, reasons], at) =>
    labelLine(at === 0 ? 'next' : '', hints.size === 1 ? hint : `${[...reasons].join(', ')}: ${hint}`),
  )
  return table(header, rows, columns) + next.map((line) => `${line}\n`).join('')
}

function restText(
  {
    ambiguous_calls: { count: calls, oldest_at },
    creators,
    staleness,
    overdue,
    runs,
    dated_ahead,
    to_be_erased,
    money,
    simulated,
    time_zone: zone,
  }: StatusReport,
  now: number,
): string {
  if (runs.length === 0) return ''
  const since = oldest_at === null ? '' : `, the oldest of ${localTime(zone, Date.parse(oldest_at))}`
  // Calls that are shown above as maybe billed stay so after their ids were fetched.
  const isAnyBilled = !simulated && (money?.month.maybe_billed ?? 0) > 0
  const none = isAnyBilled ? 'none open: the maybe billed calls got an answer later, or were erased' : 'none'
  const ambiguous = calls === 0 ? none : `${count(calls)} sent and never answered${since}: see table ambiguous_calls`
  const { creators: ahead, latest_at } = dated_ahead
  const clock =
    ahead === 0
      ? []
      : [
          labelLine(
            'clock',
            `${plural(ahead, 'creator')} ${ahead === 1 ? 'has' : 'have'} answers that are dated ahead of this machine's clock, up to ${localTime(zone, Date.parse(latest_at!))}`,
          ),
          labelLine('', "the next run compares the clock with the API's; if it is right, it fetches them once more"),
        ]
  const ages = staleness.map(({ age, creators: some, share }, at) =>
    labelLine(at === 0 ? 'fetched' : '', `${percent(share).padStart(6)}  ${AGES[age]} (${count(some)})`),
  )
  const late =
    overdue === null || overdue.creators === 0
      ? []
      : [
          labelLine(
            'overdue',
            `${plural(overdue.creators, 'creator')} older than --max-age allows, the oldest fetched ${localTime(zone, Date.parse(overdue.oldest_at!))}`,
          ),
        ]
  return [
    ...moneyLines({ money, simulated }),
    labelLine('ambiguous', ambiguous),
    labelLine('creators', count(creators)),
    ...clock,
    ...ages,
    ...late,
    ...leavingLines(to_be_erased, now, zone),
    '',
  ].join('\n')
}

function moneyLines({ money, simulated }: Pick<StatusReport, 'money' | 'simulated'>): string[] {
  if (money === null || simulated) return []
  const { currency } = money
  return [
    labelParts('today', spentParts(money.today, currency)),
    labelParts('this month', spentParts(money.month, currency)),
  ]
}
