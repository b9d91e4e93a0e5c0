import { labelLine, plural } from '../../core/text.js'
import { fileLines, type PublishedFiles } from '../../model/receipt.js'
import type { IdFinder } from '../../privacy/idFinder.js'

/** What `forget` did, without ids; `--json` prints it. */
export interface ForgetReport {
  readonly exit_code: number
  readonly data: string
  /** How many were named. */
  readonly people: number
  /** True: their tombstones were taken away, and nothing else was done. */
  readonly allowed: boolean
  /** Of those named: in the data folder before. */
  readonly found: number
  /** Of those named: had a tombstone before. */
  readonly already_forgotten: number
  readonly erased: {
    readonly answers: number
    /** Calls without a whole answer. */
    readonly calls: number
    /** Rows of lists, over all runs, that lost their id. */
    readonly rows: number
  }
  /** Answers and rows of others that named them. */
  readonly redacted: number
  /** Files of `raw/` that were written anew. */
  readonly raw_files: number
  /** Older copies and other files that were removed, absolute. */
  readonly removed: readonly string[]
  /** Files in the data folder that are not creator-enrich's, name them, and were left alone; absolute. */
  readonly others: readonly string[]
  /** What else in the data folder could not be searched, in whole or in part, and so may name them; absolute. */
  readonly unsearched: readonly { readonly path: string; readonly why: string }[]
  /** What was published; undefined when nothing had to be. */
  readonly files: PublishedFiles | undefined
}

/** A path may tell an id: the report does not. */
export function withoutIds(report: ForgetReport, finder: IdFinder): ForgetReport {
  const told = (text: string): string => finder.takeOut(text)
  const { data, removed, others, unsearched, files } = report
  return {
    ...report,
    data: told(data),
    removed: removed.map(told),
    others: others.map(told),
    unsearched: unsearched.map(({ path, why }) => ({ path: told(path), why: told(why) })),
    files: files && { ...files, database: told(files.database), exports: files.exports.map(told) },
  }
}

function persons(number: number): string {
  return plural(number, 'person', 'people')
}

/** The same for people. */
export function forgetSummary(report: ForgetReport): string {
  return `${(report.allowed ? allowedLines(report) : forgottenLines(report)).join('\n')}\n`
}

function allowedLines({ people, already_forgotten: known }: ForgetReport): string[] {
  const lines = [labelLine('allowed', `${persons(known)}; the next input that names them asks for them again`)]
  if (known < people) lines.push(labelLine('', `${persons(people - known)} had no tombstone`))
  return lines
}

function forgottenLines(report: ForgetReport): string[] {
  const { people, found, already_forgotten: again, erased, redacted, raw_files, removed, files } = report
  const lines = [labelLine('forgotten', `${persons(people)}; no input and no answer brings them back`)]
  if (again > 0) lines.push(labelLine('before', `${again} of them had been forgotten already`))
  if (found < people) lines.push(labelLine('not found', `${persons(people - found)}: there is nothing to erase`))
  if (files) {
    const { answers, calls, rows } = erased
    const parts = [
      plural(answers, 'answer'),
      plural(calls, 'call without one', 'calls without one'),
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
  return [...lines, ...leftLines(report)]
}

function checkedFiles({ others, unsearched }: ForgetReport): string {
  const but = others.length + unsearched.length > 0 ? ' but those below' : ''
  return `every file${but}: none names them any more`
}

function leftLines({ others, unsearched }: ForgetReport): string[] {
  return [
    ...others.map((path, at) => labelLine(at === 0 ? 'yours' : '', `${path} names them: mend or remove it`)),
    ...unsearched.map(({ path, why }, at) => {
      return labelLine(at === 0 ? 'unsearched' : '', `${path} may name them: look yourself (${why})`)
    }),
  ]
}
