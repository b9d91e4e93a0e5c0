/**
 * The kinds of files from which everything can be rebuilt (docs/raw.md): answers as received, calls without an answer,
 * input rows with their status, and run receipts. Parquet files in `<raw>/<kind>/date=YYYY-MM-DD/run=<run>/`, or merged
 * for many runs of one month in `<raw>/<kind>/date=YYYY-MM/run=all/`.
 */
export type RawKind = 'answers' | 'calls' | 'inputs' | 'receipts'

export const RAW_KINDS: readonly RawKind[] = ['answers', 'calls', 'inputs', 'receipts']

/** The kinds that hold calls: these may be dropped, in place of the snapshot in `raw/base/`. */
export const CALL_KINDS = ['answers', 'calls'] as const satisfies readonly RawKind[]
export type CallKind = (typeof CALL_KINDS)[number]

/** Whether files of this kind hold calls. */
export function isCallKind(kind: string): kind is CallKind {
  return CALL_KINDS.some((each) => each === kind)
}
