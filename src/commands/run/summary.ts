import { commandText } from '../../core/commandText.js'
import { EXIT } from '../../core/errors.js'
import { count, currencySign, labelLine, labelParts, moneyText, plural } from '../../core/text.js'
import { NEVER_SENT } from '../../model/call.js'
import { columnName } from '../../model/columnName.js'
import { isBuiltIn } from '../../model/isBuiltIn.js'
import {
  changeText,
  failureFiles,
  fileLines,
  foreignLines,
  STATUSES,
  type Counts,
  type DriftReceipt,
  type Receipt,
  type ReasonCount,
} from '../../model/receipt.js'
import { NOT_RESOLVED } from '../../load/resolvedIds.js'
import { runAgainText } from '../runAgainText.js'

/** Widths of the table: a label and seven columns in 80, up to 9,999,999 in the first and 99,999,999 in the others. */
const STUB = 4
const FIRST = 10
const COLUMN = 11

const COUNTED = ['read', ...STATUSES] as const

function columns(label: string, cells: readonly string[]): string {
  return label.padEnd(STUB) + cells.map((cell, at) => cell.padStart(at === 0 ? FIRST : COLUMN)).join('')
}

function tableRow(label: string, counts: Counts): string {
  return columns(
    label,
    COUNTED.map((key) => count(counts[key])),
  )
}

function money(receipt: Receipt, amount: number): string {
  return moneyText(amount, receipt.money.currency)
}

function resolvedLine({ resolved }: Receipt): string[] {
  if (resolved === undefined) return []
  const { inputs, found, not_found, failed, parked, held } = resolved
  const each = {
    [not_found === 1 ? 'leads to nobody' : 'lead to nobody']: not_found,
    failed,
    parked,
    'held because maybe paid': held,
  }
  const others = Object.entries(each).filter(([, number]) => number > 0)
  const parts = [
    ...(inputs > 0 ? [`${count(found)} of ${plural(inputs, 'link or name', 'links and names')} found`] : []),
    ...others.map(([what, number]) => `${count(number)} ${what}`),
  ]
  return [labelLine('resolved', parts.join(', '))]
}

/** Without `--resolve`, what an earlier run left over stays so. */
function leftOverLine({ reasons }: Receipt): string[] {
  const left = reasons.find(({ reason }) => reason === NOT_RESOLVED)
  if (left === undefined) return []
  return [labelLine('to resolve', `${plural(left.rows, 'row')} left over by an earlier run: add --resolve`)]
}

function reasonLines(reasons: readonly ReasonCount[]): string[] {
  return (['empty', 'failed', 'rejected', 'parked'] as const).flatMap((status) => {
    const some = reasons.filter((reason) => reason.status === status)
    if (some.length === 0) return []
    return [
      labelParts(
        status,
        some.map(({ reason, rows }) => `${reason}: ${count(rows)}`),
      ),
    ]
  })
}

function callLine(receipt: Receipt): string {
  const { sent, billed, maybe_billed, codes } = receipt.calls
  if (sent === 0)
    return labelLine('calls', receipt.ids.reused > 0 && receipt.ids.parked === 0 ? 'none: every id is known' : 'none')
  // The receipt counts every attempt as sent, also one that found no connection.
  const unsent = codes.filter(({ code }) => NEVER_SENT.has(code)).reduce((sum, { calls }) => sum + calls, 0)
  const parts = [`${count(sent - unsent)} sent`, `${count(billed)} billed`]
  if (maybe_billed > 0) parts.push(`${count(maybe_billed)} maybe billed`)
  if (unsent > 0) parts.push(`${count(unsent)} could not be sent`)
  const byCode = codes.map(({ code, calls }) => `${code}: ${count(calls)}`)
  return `${labelLine('calls', parts.join(', '))}\n${labelParts('by code', byCode)}`
}

function moneyLine(receipt: Receipt): string {
  if (receipt.simulated)
    return labelLine('money', `none, the data are simulated (a real run: ${money(receipt, receipt.money.billed)})`)
  const maybe = receipt.money.maybe_billed
  const parts = [
    `${money(receipt, receipt.money.billed)} billed`,
    ...(maybe > 0 ? [`up to ${money(receipt, maybe)} more`] : []),
    ...(receipt.money.saved > 0
      ? [`${moneyText(receipt.money.saved, receipt.money.currency)} saved by reused answers`]
      : []),
  ]
  return labelLine(
    'money',
    `${parts.join(', ')} (${currencySign(receipt.money.currency)}${receipt.money.price} a call)`,
  )
}

/** A run that crossed midnight spent the budgets of two days. */
function dayLines(receipt: Receipt, timeZone: string): string[] {
  const { days } = receipt.calls
  if (receipt.simulated || days.length < 2) return []
  const parts = days.map(({ day, money: amount }) => `${day} ${money(receipt, amount)}`)
  return [labelParts('by day', parts), labelLine('', `days of ${timeZone}`)]
}

const DRIFT_WORDS: readonly (readonly [kind: string, what: string])[] = [
  ['unknown_key', 'unknown key'],
  ['wrong_type', 'wrong type'],
  ['missing_key', 'missing key'],
]
/** More columns are in table `schema_drift`. */
const MOST_LINES = 5

function driftLines({ drift, pipeline, data }: Receipt): string[] {
  if (drift.length === 0) return []
  const counts = DRIFT_WORDS.flatMap(([kind, what]) => {
    const number = drift.filter((each) => each.kind === kind).length
    return number === 0 ? [] : [plural(number, what)]
  })
  const kinds = labelLine('drift', `${counts.join(', ')}: see table schema_drift`)
  const isOwn = !isBuiltIn(pipeline)
  const columns = driftAdvice(drift, isOwn)
  if (columns.length === 0) return [kinds]
  const more = columns.length - MOST_LINES
  return [
    kinds,
    labelLine('', 'to make columns of them, add these lines, with the right kind, to'),
    ...(isOwn
      ? [labelLine('', `the columns of your pipeline ${pipeline} (items of a list: to its children),`)]
      : [
          labelLine('', `pipelines/${pipeline}/columns/attributes.ts`),
          labelLine('', '(counters: counters.ts; items of a list: childTables.ts beside columns/),'),
        ]),
    labelLine('', `and run \`${commandText(['replay', '--data', data])}\`,`),
    labelLine('', 'which also fills the past:'),
    ...columns.slice(0, MOST_LINES).map((column) => `  ${column}`),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ]
}

function paceLine({ calls, pace }: Receipt): string[] {
  if (calls.sent === 0) return []
  const { calls_per_second, limit_per_second, in_flight_limit } = pace
  const parts = [
    `${perSecond(calls_per_second)} calls/s`,
    ...(limit_per_second === null ? [] : [`the API allows about ${perSecond(limit_per_second)}/s`]),
    ...(in_flight_limit === null ? [] : [`more than ${count(in_flight_limit)} in flight slow it down`]),
  ]
  return [labelParts('pace', parts)]
}

function perSecond(number: number): string {
  return number < 100 ? number.toFixed(1) : count(Math.round(number))
}

/** The closing summary: what was done, what was not, the cost, the files. At most 80 columns wide except for paths and messages. */
export function summary(receipt: Receipt, timeZone: string, now = Date.now()): string {
  const { ids } = receipt
  const lines = [
    labelLine('run', `${receipt.run_id}${receipt.simulated ? ' SIMULATED DATA: invented people, no money spent' : ''}`),
    '',
    columns('', COUNTED),
    tableRow('rows', receipt.rows),
    tableRow('ids', ids),
    '',
    ...receipt.lists.map(changeText),
    ...receipt.lists.flatMap(foreignLines),
    ...reasonLines(receipt.reasons),
    ...resolvedLine(receipt),
    ...leftOverLine(receipt),
    callLine(receipt),
    moneyLine(receipt),
    ...dayLines(receipt, timeZone),
    labelLine('time', `${receipt.seconds.toFixed(1)} s`),
    ...paceLine(receipt),
  ]
  const { answers, unknown } = receipt.recovered
  if (answers + unknown > 0) {
    lines.push(labelLine('resumed', `${plural(answers, 'answer')} recovered, ${plural(unknown, 'call')} unknown`))
  }
  if (receipt.ambiguous_calls > 0) {
    lines.push(
      labelLine(
        'ambiguous',
        `${plural(receipt.ambiguous_calls, 'call')} sent and never answered: see table ambiguous_calls`,
      ),
    )
  }
  const { erased_people: erased = 0 } = receipt
  if (erased > 0) {
    const people = plural(erased, 'person', 'people')
    lines.push(labelLine('erased', `${people} who left the last list longer ago than --keep-people`))
  }
  lines.push(...driftLines(receipt))
  lines.push(
    '',
    ...fileLines(receipt.files),
    ...(receipt.files.report === undefined ? [] : [labelLine('report', receipt.files.report)]),
  )
  if (receipt.exit_reason === 'parked') {
    lines.push('', labelLine('exit 3', 'parked: the cap has parked more of the due ids than --alarm-parked allows'))
  } else if (receipt.exit_code === EXIT.manyFailed) {
    lines.push(
      '',
      labelLine('exit 3', 'more of the fetched ids failed than --max-failed allows, or all:'),
      labelLine('', `see ${failureFiles(receipt).join(' and ')};`),
      labelLine('', 'the next run retries those with a temporary reason'),
    )
  }
  if (receipt.stop) {
    const { reason, code, message, run_again } = receipt.stop
    lines.push(
      '',
      labelLine('stopped', `${reason}${code === reason ? '' : ` (${code})`}: ${message}`),
      labelLine('next', runAgainText(run_again, now)),
    )
  }
  return `${lines.join('\n')}\n`
}

/** How a column is written for each kind of value; a null has no kind. */
const COLUMNS: Readonly<Record<string, { readonly short: string; readonly long: string }>> = {
  text: { short: 'attribute.text', long: "type: 'text', kind: 'attribute'" },
  count: { short: 'counter', long: "type: 'count', kind: 'counter'" },
  ratio: { short: 'attribute.ratio', long: "type: 'ratio', kind: 'attribute'" },
  flag: { short: 'attribute.flag', long: "type: 'flag', kind: 'attribute'" },
  list: { short: 'attribute.list', long: "type: 'list', kind: 'attribute'" },
  object: { short: 'attribute.object', long: "type: 'list', holds: 'object', kind: 'attribute'" },
}

/** A path that a column may have; after the brackets of a list, a column of its child table. */
const PATH = /^(?:([\w.]+)\[\]\.)?([\w.]+)$/

/**
 * The lines that would make columns of the unknown keys: a proposal, as one answer does not show what a value means.
 * @param isOwn for a pipeline of the user's own, whose columns are plain objects
 */
export function driftAdvice(drift: readonly DriftReceipt[], isOwn = false): string[] {
  const listed = new Set<string>()
  return drift.flatMap(({ path, kind, found }) => {
    const column = COLUMNS[found ?? '']
    const match = PATH.exec(path)
    if (kind !== 'unknown_key' || column === undefined || !match) return []
    const [, list, key] = match
    if (key!.split('.').some((each) => each in Object.prototype)) return []
    // A key that came with several kinds of values has a drift for each.
    if (listed.has(path)) return []
    listed.add(path)
    const line = isOwn
      ? `${columnName(key!)}: { ${column.long}, path: '${key!}', description: '…' },`
      : `${columnName(key!)}: ${column.short}('${key!}', '…'),`
    return [list === undefined ? line : `${line} // an item of ${list}`]
  })
}
