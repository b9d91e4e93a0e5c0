import { EXIT } from '../../core/errors.js'
import { commandText } from '../../core/commandText.js'
import { labelLine, plural } from '../../core/text.js'
import type { FleetErasure } from '../../fleet/eraseFleet.js'
import { fileLines, type PublishedFiles } from '../../model/receipt.js'
import type { IdFinder } from '../../privacy/idFinder.js'

/** The result of `forget`, without ids; `--json` prints it. */
export interface ForgetReport {
  readonly exit_code: number
  readonly data: string
  /** The number of people in the command. */
  readonly people: number
  /** True with `--allow`: only the tombstones of these people were removed. */
  readonly allowed: boolean
  /** How many of them were in the data folder before. */
  readonly found: number
  /** How many of them had a tombstone before. */
  readonly already_forgotten: number
  readonly erased: {
    readonly answers: number
    /** Calls without an answer. */
    readonly calls: number
    /** Rows of lists for them, over all runs. */
    readonly rows: number
  }
  /** Answers and rows of others that named them. */
  readonly redacted: number
  /** Files of `raw/` that were rewritten or removed. */
  readonly raw_files: number
  /** Older copies and other files that were removed, absolute. */
  readonly removed: readonly string[]
  /** Files in the data folder that name them but are not creator-enrich's, so they were left alone; absolute. */
  readonly others: readonly string[]
  /** Files and folders that could not be searched, in whole or in part, so they may name them; absolute. */
  readonly unsearched: readonly { readonly path: string; readonly why: string }[]
  /** Absolute path of the data folder that this one includes, in which this command erases nobody; absent if there is none. */
  readonly included?: string
  /** What was erased in the database of the folder's fleet, and what could not be reached; absent for a folder in no fleet. */
  readonly fleet?: FleetErasure
  /** The published files; undefined if there was nothing to erase. */
  readonly files: PublishedFiles | undefined
  /** The file with the receipts of all erasures, absolute; undefined with `--allow`. */
  readonly receipts: string | undefined
}

/** Adds what was done in the database of the fleet. What could not be reached makes the erasure incomplete. */
export function withFleet(report: ForgetReport, fleet: FleetErasure): ForgetReport {
  return { ...report, fleet, exit_code: fleet.unreached.length > 0 ? EXIT.local : report.exit_code }
}

/** Takes ids out of the paths in a report. */
export function withoutIds(report: ForgetReport, finder: IdFinder): ForgetReport {
  const redacted = (text: string): string => finder.takeOut(text)
  const { data, removed, others, unsearched, files, receipts, included } = report
  return {
    ...report,
    data: redacted(data),
    removed: removed.map(redacted),
    others: others.map(redacted),
    unsearched: unsearched.map(({ path, why }) => ({ path: redacted(path), why: redacted(why) })),
    ...(included === undefined ? {} : { included: redacted(included) }),
    receipts: receipts && redacted(receipts),
    files: files && { ...files, database: redacted(files.database), exports: files.exports.map(redacted) },
  }
}

function persons(number: number): string {
  return plural(number, 'person', 'people')
}

/** The report as text for people. */
export function forgetSummary(report: ForgetReport): string {
  return `${(report.allowed ? allowedLines(report) : forgottenLines(report)).join('\n')}\n`
}

function allowedLines({ people, already_forgotten: known }: ForgetReport): string[] {
  if (known === 0) {
    const nobody = people === 1 ? 'this person was not forgotten' : `none of these ${people} people was forgotten`
    return [labelLine('allowed', `nothing to do: ${nobody}`)]
  }
  const lines = [labelLine('allowed', `${persons(known)}; the next input that names them fetches them again`)]
  if (known < people) {
    const others = people - known
    lines.push(labelLine('', `${persons(others)} ${others === 1 ? 'was' : 'were'} not forgotten`))
  }
  return lines
}

function forgottenLines(report: ForgetReport): string[] {
  const { people, found, already_forgotten: again, erased, redacted, raw_files, removed, files } = report
  const lines = [labelLine('forgotten', `${persons(people)}; no input and no answer brings them back`)]
  if (again > 0) lines.push(labelLine('before', `${again} of them ${again === 1 ? 'was' : 'were'} already forgotten`))
  if (found < people) lines.push(labelLine('not found', `${persons(people - found)}: there is nothing to erase`))
  if (files) {
    const { answers, calls, rows } = erased
    const parts = [
      plural(answers, 'answer'),
      plural(calls, 'call without an answer', 'calls without an answer'),
      plural(rows, 'row of lists', 'rows of lists'),
    ]
    lines.push(
      labelLine('erased', parts.join(', ')),
      labelLine('redacted', `${plural(redacted, 'answer or row', 'answers and rows')} of others`),
      labelLine('raw', `${plural(raw_files, 'file')} rewritten`),
      labelLine('removed', plural(removed.length, 'older copy or other file', 'older copies and other files')),
      labelLine('checked', `${checkedFiles(report)}; no call was made`),
      ...fileLines(files),
    )
  }
  if (report.included !== undefined) {
    const command = commandText(['forget', '<id>', '--data', report.included])
    lines.push(labelLine('included', `${report.included} may still have them: \`${command}\` erases them there`))
  }
  if (report.receipts !== undefined)
    lines.push(labelLine('receipt', `${report.receipts}; \`forget --check\` with the same ids shows it`))
  if (report.fleet) lines.push(...fleetLines(report.fleet))
  return [...lines, ...leftLines(report)]
}

function fleetLines({ rows, redacted, unreached }: FleetErasure): string[] {
  return [
    labelLine(
      'fleet',
      `${plural(rows, 'row')} erased in its database, ${plural(redacted, 'answer')} of others redacted`,
    ),
    ...unreached.map((what, at) => labelLine(at === 0 ? 'unreached' : '', what)),
  ]
}

function checkedFiles({ others, unsearched }: ForgetReport): string {
  const but = others.length + unsearched.length > 0 ? ' but those below' : ''
  return `every file${but}: none names them`
}

function leftLines({ others, unsearched }: ForgetReport): string[] {
  return [
    ...others.map((path, at) => labelLine(at === 0 ? 'yours' : '', `${path} names them: edit or remove the file`)),
    ...unsearched.map(({ path, why }, at) => {
      return labelLine(at === 0 ? 'unsearched' : '', `${path} may name them: check it yourself (${why})`)
    }),
  ]
}
