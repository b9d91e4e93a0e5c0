import type { LogLevel } from '../core/effects.js'
import { EXIT } from '../core/errors.js'
import type { LogEvent, LogFields } from '../core/logEvents.js'
import { moneyText, visibleLine } from '../core/text.js'
import type { RunStatus } from '../dataFolder/runStatus.js'
import { failureFiles, STATUSES, type Receipt } from '../model/receipt.js'

/** How a run ended, in one line for people and as the fields of its record. */
export interface ClosingLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
  readonly exitCode: number | null
  /** The exit code is not 0, or data or money need a look. */
  readonly needsLook: boolean
}

type Warnings = readonly LogEvent[]

/** What a run that ended with an error, or was killed, is known to have done. */
export interface PartialRun {
  readonly status: RunStatus
  readonly calls: { readonly sent: number; readonly billed: number; readonly maybeBilled: number }
  readonly money: { readonly billed: number; readonly maybeBilled: number }
  readonly currency: string
  readonly simulated: boolean
}

/** The money of such a run by its status file; one of an older version has the price of a call only. */
export function moneyOfStatus(status: RunStatus, price: number): PartialRun['money'] {
  const { billed, maybe_billed, money_billed, money_maybe_billed } = status
  const each = status.price ?? price
  return { billed: money_billed ?? billed * each, maybeBilled: money_maybe_billed ?? maybe_billed * each }
}

/** The closing line of a run with a receipt. */
export function closingOfReceipt(receipt: Receipt, warnings: Warnings): ClosingLine {
  const { run_id, exit_code, exit_reason, rows, ids, calls, money, simulated, stop, reasons } = receipt
  const { erased_people: erased = 0 } = receipt
  const parked = reasons.filter(({ status }) => status === 'parked').map(({ reason }) => reason)
  const counts = STATUSES.filter((status) => status !== 'parked').map((status) => `${status}=${rows[status]}`)
  const sent = { sent: calls.sent, billed: calls.billed, maybe_billed: calls.maybe_billed }
  return closing({
    runId: run_id,
    exitCode: exit_code,
    warnings,
    isNews: erased > 0,
    next: nextOf(receipt, warnings),
    parts: [
      ...(exit_reason === null ? [] : [`reason=${exit_reason}`]),
      `rows=${rows.read} ids=${ids.read} ${counts.join(' ')}`,
      `parked=${[rows.parked, ...parked].join(' ')}`,
      ...(erased > 0 ? [`erased_people=${erased}`] : []),
      callsText(sent, money, simulated),
    ],
    fields: {
      exit_reason,
      data: receipt.data,
      lists: receipt.lists.map(({ list }) => list),
      simulated,
      seconds: receipt.seconds,
      rows: { ...rows },
      ids: { ...ids },
      parked_reasons: parked,
      erased_people: erased,
      calls: sent,
      money: { currency: money.currency, billed: money.billed, maybe_billed: money.maybe_billed },
      stop: stop?.reason ?? null,
    },
  })
}

/** A run under a cap that allows no call brings nothing, however often it is repeated. */
function nextOf(receipt: Receipt, warnings: Warnings): string | undefined {
  if (warnings.includes('cap_allows_nothing')) return LOOK
  if (receipt.exit_reason !== 'failed') return receipt.stop?.run_again
  const files = failureFiles(receipt).map((name) => `exports/${name}`)
  return `see ${files.join(' and ')}; the next run fetches those with a temporary reason again`
}

/** The closing line of a run that ended with an error after it had started. */
export function closingOfFailure(run: PartialRun, exitCode: number, warnings: Warnings): ClosingLine {
  return closing({ ...partial(run), exitCode, warnings })
}

/** The closing line of a run whose process was killed, as the next start writes it. */
export function closingOfKilled(run: PartialRun): ClosingLine {
  const { parts, fields, runId } = partial(run)
  const at = { ...fields, updated_at: run.status.updated_at }
  return closing({ runId, parts, fields: at, exitCode: null, warnings: undefined, next: PAID_FIRST })
}

/** The closing line of a run that ended before its first call. */
export function closingOfNotStarted(
  end: {
    readonly runId: string
    readonly data: string
    readonly lists: readonly string[]
    readonly error: string
    readonly currency: string
  },
  exitCode: number,
  warnings: Warnings,
): ClosingLine {
  const { runId, data, lists, error, currency } = end
  return closing({
    runId,
    exitCode,
    warnings,
    parts: [
      `not started folder=${quoted(data)} lists=${quoted(lists.join(', '))} calls=0 money=${moneyText(0, currency)}`,
    ],
    fields: { data, lists, started: false, calls: { sent: 0, billed: 0, maybe_billed: 0 }, error },
  })
}

function partial({ status, calls, money, currency, simulated }: PartialRun): Pick<Parts, 'runId' | 'parts' | 'fields'> {
  const { run_id: runId, lists, phase, due, done, failed } = status
  const { billed, maybeBilled } = money
  const sent = { sent: calls.sent, billed: calls.billed, maybe_billed: calls.maybeBilled }
  // The status of a killed run says no more in which phase it was.
  const step = phase === 'interrupted' ? '' : `phase=${phase} `
  return {
    runId,
    parts: [
      `${step}due=${due} done=${done} failed=${failed}`,
      callsText(sent, { billed, maybe_billed: maybeBilled, currency }, simulated),
    ],
    fields: {
      lists,
      simulated,
      phase,
      due,
      done,
      failed,
      calls: sent,
      money: { billed: rounded(billed), maybe_billed: rounded(maybeBilled) },
    },
  }
}

interface Parts {
  readonly runId: string
  /** Null: the process was killed. */
  readonly exitCode: number | null
  /** Undefined: not known. */
  readonly warnings: Warnings | undefined
  /** Undefined: what the exit code asks for. */
  readonly next?: string | undefined
  /** Somebody should read the line, though there is nothing to do. */
  readonly isNews?: boolean
  readonly parts: readonly string[]
  readonly fields: LogFields
}

function closing({ runId, exitCode, warnings, next: given, isNews = false, parts, fields }: Parts): ClosingLine {
  const hasWork = exitCode !== 0 || (warnings ?? []).length > 0
  const needsLook = hasWork || isNews
  const next = given ?? (exitCode ? (NEXT[exitCode] ?? AGAIN) : hasWork ? LOOK : NOTHING)
  const seen = warnings === undefined ? 'unknown' : [warnings.length, warnings.join(',')].join(' ').trimEnd()
  const message = [
    `run ${runId} exit=${exitCode ?? 'killed'}`,
    ...parts,
    `warnings=${seen}`,
    `next=${quoted(next)}`,
  ].join(' ')
  return {
    level: exitCode === 0 ? (needsLook ? 'warn' : 'info') : 'error',
    message,
    fields: { ended_run_id: runId, exit_code: exitCode, ...fields, warnings: warnings ?? null, next },
    exitCode,
    needsLook,
  }
}

const NOTHING = 'nothing to do'
const LOOK = 'look at what the warnings name'
const PAID_FIRST = 'nothing to do: this run loads its paid answers first'
const AGAIN = 'correct what the error names, then run the same command again'

/** What people do after an exit code, where it is not the same for all. */
const NEXT: Readonly<Record<number, string>> = {
  [EXIT.bug]: 'report the bug, with the output of --log-level debug',
  [EXIT.busy]: 'wait until the other run is done',
  [EXIT.interrupted]: 'run the same command again to go on',
  [EXIT.terminated]: 'run the same command again to go on',
}

function callsText(
  calls: { readonly sent: number; readonly billed: number; readonly maybe_billed: number },
  {
    billed,
    maybe_billed,
    currency,
  }: { readonly billed: number; readonly maybe_billed: number; readonly currency: string },
  simulated: boolean,
): string {
  const maybe = maybe_billed > 0 ? `+${moneyText(maybe_billed, currency)}?` : ''
  const money = simulated ? 'simulated' : `${moneyText(billed, currency)}${maybe}`
  return `calls=${calls.sent} billed=${calls.billed} maybe_billed=${calls.maybe_billed} money=${money}`
}

function quoted(text: string): string {
  return JSON.stringify(visibleLine(text))
}

/** Without binary fractions. */
function rounded(amount: number): number {
  return Math.round(amount * 1e4) / 1e4
}
