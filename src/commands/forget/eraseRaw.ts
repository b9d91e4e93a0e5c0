import { join, relative, sep } from 'node:path'
import { LocalError } from '../../core/errors.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { AnswerReader } from '../../flatten/compile.js'
import type { Call, EditCall } from '../../model/call.js'
import type { Outcome } from '../../model/outcome.js'
import { resolvedId } from '../../model/resolution.js'
import { eraseFrom } from '../../privacy/eraseCall.js'
import { hideRow, FORGOTTEN_ID, type RowWithId } from '../../privacy/hideRow.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import type { PaidCalls } from '../../privacy/tombstones.js'
import { openRaw, rewriteRaw } from '../../raw/rewriteCalls.js'
import { rewriteSealed, type TextRow } from '../../raw/rewriteRuns.js'
import type { Finding } from './searchFolder.js'

/** Counts of what was erased in `raw/`. */
export interface ErasedRaw {
  /** Answers for these people. */
  answers: number
  /** Calls for these people without an answer. */
  calls: number
  /** Rows of lists for these people. */
  rows: number
  /** Answers and rows of others that named these people. */
  redacted: number
  /** Files that were rewritten, or removed because nothing was left in them. */
  files: number
}

/** Files of `raw/` that name the people, by kind, in the order of rewriting. */
export interface RawFiles {
  readonly answers: readonly string[]
  readonly calls: readonly string[]
  readonly inputs: readonly string[]
  readonly receipts: readonly string[]
}

/**
 * The finished files of `raw/` among the findings.
 * @throws LocalError when a file cannot be read: it may name the people
 */
export function rawFilesOf(findings: readonly Finding[], { raw }: Layout): RawFiles {
  const files = { answers: [] as string[], calls: [] as string[], inputs: [] as string[], receipts: [] as string[] }
  for (const { path, unsearched } of findings) {
    const kind = relative(raw, path).split(sep)[0] as keyof RawFiles | 'base'
    if (!(kind === 'base' || kind in files) || !path.endsWith('.parquet') || !path.startsWith(join(raw, sep))) continue
    if (unsearched !== undefined) {
      throw new LocalError(
        `damaged: ${path}: ${unsearched}; nothing was changed: put the file back from a backup, or move it and the receipt of its run away, then run the same command again`,
      )
    }
    if (kind !== 'base') files[kind].push(path)
  }
  return files
}

/** The number of paid calls in `raw/` for each of these people, by run. */
export async function paidFor(
  ids: readonly string[],
  files: RawFiles,
  { interpret }: AnswerReader,
): Promise<Map<string, PaidCalls>> {
  const paid = new Map<string, Record<string, number>>(ids.map((id) => [id, {}]))
  for (const kind of ['answers', 'calls'] as const) {
    for (const file of files[kind]) {
      const { runs, close } = await openRaw(kind, file, ids)
      try {
        for (const run of runs) {
          for await (const batch of run.calls()) {
            for (const call of batch) {
              const outcome = call.kind === 'unknown' ? undefined : interpret(call)
              if (outcome?.billed !== 'yes') continue
              const counts = paid.get(personOf(call, outcome) ?? '')
              if (counts === undefined) continue
              counts[run.header.runId] = (counts[run.header.runId] ?? 0) + 1
            }
          }
        }
      } finally {
        await close()
      }
    }
  }
  return paid
}

/**
 * Rewrites these files without the people. Their calls are removed, their rows of lists lose the id, and answers for others
 * lose the mention. Each file is replaced in one step, so that `raw/` stays whole if this is interrupted.
 * @param substitute what replaces an id in the names of lists and columns
 */
export async function eraseRaw(
  files: RawFiles,
  finder: IdFinder,
  substitute: (written: string) => string,
  reader: AnswerReader,
  layout: Layout,
): Promise<ErasedRaw> {
  const erased: ErasedRaw = { answers: 0, calls: 0, rows: 0, redacted: 0, files: 0 }
  const temp = join(layout.temp, 'forget')
  for (const kind of ['answers', 'calls'] as const) {
    for (const file of files[kind]) {
      await rewriteRaw(kind, file, callWithout(finder, reader, erased), temp)
      erased.files += 1
    }
  }
  for (const file of files.inputs) {
    await rewriteSealed(file, (row) => inputWithout(row, finder, substitute, reader, erased), temp)
    erased.files += 1
  }
  for (const file of files.receipts) {
    await rewriteSealed(file, (row) => editsOf(row, textsWithout(row, finder, substitute)), temp)
    erased.files += 1
  }
  return erased
}

/** The id that a call is about: at the endpoint of a resolver the one that was found. */
function personOf(call: Call, outcome: Outcome): string | undefined {
  return call.endpoint === undefined ? call.id : resolvedId(outcome)
}

/** Removes the calls for these people, and their ids from the calls for others. */
export function callWithout(
  finder: IdFinder,
  { interpret }: Pick<AnswerReader, 'interpret'>,
  erased: Pick<ErasedRaw, 'answers' | 'calls' | 'redacted'>,
): EditCall {
  return (call) => {
    const found = call.endpoint !== undefined && call.kind === 'answer' ? resolvedId(interpret(call)) : call.id
    if (found !== undefined && finder.has(found)) {
      erased[call.kind === 'answer' ? 'answers' : 'calls'] += 1
      return undefined
    }
    const edited = eraseFrom(call, finder, interpret)
    if (edited !== call) erased.redacted += 1
    return edited
  }
}

function inputWithout(
  row: TextRow,
  finder: IdFinder,
  substitute: (written: string) => string,
  { pipeline }: AnswerReader,
  erased: ErasedRaw,
): TextRow | undefined {
  const { input, cell, user_id: id } = row
  const rowWithId: RowWithId = {
    cells: JSON.parse(input!) as (string | null)[],
    cell: cell ?? '',
    parsed: id ? { id } : { reason: row['reason'] ?? '', remedy: '' },
  }
  const hidden = hideRow(rowWithId, finder, pipeline)
  const isForgotten = hidden.parsed === FORGOTTEN_ID
  if (isForgotten) erased.rows += 1
  else if (hidden !== rowWithId) erased.redacted += 1
  const { reason, remedy } = FORGOTTEN_ID
  return editsOf(row, {
    ...textsWithout(row, finder, substitute),
    ...(hidden === rowWithId ? {} : { input: JSON.stringify(hidden.cells), cell: cell === null ? null : hidden.cell }),
    ...(isForgotten ? { user_id: null, status: 'rejected', reason, remedy, cell: '' } : {}),
  })
}

function textsWithout(row: TextRow, finder: IdFinder, substitute: (written: string) => string): TextRow {
  return Object.fromEntries(Object.entries(row).map(([name, text]) => [name, text && finder.takeOut(text, substitute)]))
}

/** The columns whose text changes. */
function editsOf(before: TextRow, after: TextRow): TextRow | undefined {
  const edits = Object.entries(after).filter(([name, text]) => text !== before[name])
  return edits.length === 0 ? undefined : Object.fromEntries(edits)
}
