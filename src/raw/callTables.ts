import { createHash } from 'node:crypto'
import type { Call, RunHeader } from '../model/call.js'
import type { Cell, SqlType } from '../core/duckdb.js'

/** A kind of raw file as a table; docs/raw.md tells its columns in words. */
export interface RawTable {
  readonly kind: 'answers' | 'calls'
  readonly columns: readonly (readonly [name: string, type: SqlType])[]
}

const RUN_AND_CALL = [
  ['run_id', 'VARCHAR'],
  ['run_started_at', 'TIMESTAMPTZ'],
  ['pipeline', 'VARCHAR'],
  ['simulated', 'BOOLEAN'],
  ['host', 'VARCHAR'],
  ['seq', 'BIGINT'],
  ['user_id', 'VARCHAR'],
  ['attempt', 'BIGINT'],
  ['sent_at', 'TIMESTAMPTZ'],
  ['received_at', 'TIMESTAMPTZ'],
  ['ms', 'DOUBLE'],
] as const

const BODY = [
  ['body', 'BLOB'],
  ['checksum', 'VARCHAR'],
] as const

/** Calls whose answer arrived whole. */
export const ANSWERS: RawTable = {
  kind: 'answers',
  columns: [...RUN_AND_CALL, ['status', 'BIGINT'], ['content_type', 'VARCHAR'], ['retry_after', 'VARCHAR'], ...BODY],
}

/** The others: `fault` is that of `NoAnswer`, or `unknown`. */
export const CALLS: RawTable = {
  kind: 'calls',
  columns: [...RUN_AND_CALL, ['fault', 'VARCHAR'], ['detail', 'VARCHAR'], ...BODY],
}

/** The row of a call in its table. */
export function rawRow(run: RunHeader, call: Call): (Cell | Uint8Array)[] {
  const { seq, id, attempt, sentAt } = call
  const known = call.kind === 'unknown' ? undefined : call
  const head = [run.runId, run.startedAt, run.pipeline, run.simulated, run.host, seq, id, attempt, sentAt]
  const receivedAt = known?.receivedAt ?? null
  const body = (call.kind === 'answer' ? call.body : known?.kind === 'no_answer' ? known.part : undefined) ?? null
  const what =
    call.kind === 'answer'
      ? [call.status, call.contentType, call.retryAfter]
      : call.kind === 'no_answer'
        ? [call.fault, call.detail]
        : ['unknown', null]
  return [...head, receivedAt, known?.ms ?? null, ...what, body, checksumOf([...head, receivedAt, ...what], body)]
}

/** SHA-256 over all other columns but `ms`, a line each, and the body. `checksumSql` is the same in SQL. */
function checksumOf(cells: readonly Cell[], body: Uint8Array | null): string {
  const hash = createHash('sha256').update(cells.map((cell) => `${cell ?? ''}\n`).join(''))
  return (body ? hash.update(body) : hash).digest('hex')
}

const UNCHECKED = ['ms', 'body', 'checksum']

/** The checksum of a row as SQL. */
export function checksumSql({ columns }: RawTable): string {
  const lines = columns
    .filter(([name]) => !UNCHECKED.includes(name))
    .map(([name, type]) => `${type === 'TIMESTAMPTZ' ? `epoch_ms(${name})` : name}, chr(10)`)
  return `sha256(encode(concat(${lines.join(', ')})) || coalesce(body, ''::BLOB))`
}
