import { labelParts, count } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import { sparkline, percent, table } from '../../terminal/table.js'
import type { Highlights, Mover, Period, Totals } from './changes.js'

/** The changes as text. */
export function changesText(
  { gained, lost, changes, changed_creators, by_column }: Totals,
  highlights: Highlights,
  { shown, timeZone }: Period,
  columns: number,
): string {
  if (gained + lost + changes === 0) {
    return `nothing changed since ${shown}, or no creator was fetched on two days\n`
  }
  const parts = [
    `since ${shown}:\n${count(gained)} gained followers, ${count(lost)} lost some, ` +
      `${count(changed_creators)} changed something\n`,
  ]
  if (gained > 0) parts.push(moversText(`gained most (of ${count(gained)})`, highlights.up, highlights, columns))
  if (lost > 0) parts.push(moversText(`lost most (of ${count(lost)})`, highlights.down, highlights, columns))
  if (changes > 0) {
    const counts = by_column.map((column) => `${column.column_name} ${count(column.changes)}`)
    const latest = highlights.changes.length
    if (latest < changes) counts.push(`of which these are the latest ${count(latest)}`)
    parts.push(`${labelParts('changes', counts)}\n`, changedText(highlights, timeZone, columns))
  }
  return parts.join('\n')
}

function moversText(
  title: string,
  movers: readonly Mover[],
  { curves, curveDays }: Highlights,
  columns: number,
): string {
  const rows = movers.map(({ user_id, nickname, fans_before, fans, fans_change, days }) => [
    nickname || user_id,
    count(fans),
    `${fans_change > 0 ? '+' : ''}${count(fans_change)}`,
    fans_before > 0 ? percentChange(fans_change / fans_before) : '–',
    `${days} d`,
    sparkline(curves.get(user_id) ?? []),
  ])
  const header = [
    { title, cut: true },
    { title: 'fans', right: true },
    { title: 'change', right: true },
    { title: 'share', right: true },
    { title: 'over', right: true },
    { title: `last ${curveDays} days` },
  ]
  return table(header, rows, columns)
}

function percentChange(share: number): string {
  const text = percent(Math.abs(share))
  return `${share > 0 ? '+' : '-'}${text.includes('.') ? text : text.replace('%', '.0%')}`
}

function changedText(highlights: Highlights, timeZone: string, columns: number): string {
  const rows = highlights.changes.map(({ user_id, nickname, changed_at, column_name, old_value, new_value }) => [
    localTime(timeZone, Date.parse(changed_at)).slice(5),
    nickname || user_id,
    column_name,
    old_value ?? '–',
    new_value ?? '–',
  ])
  const header = [
    { title: 'when' },
    { title: 'who', cut: true },
    { title: 'what', cut: true },
    { title: 'before', cut: true },
    { title: 'after', cut: true },
  ]
  return table(header, rows, columns)
}
