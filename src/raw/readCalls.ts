import { stat } from 'node:fs/promises'
import {
  batches,
  first,
  isOutOfMemory,
  quotedText,
  openDatabase,
  type Connection,
  type Database,
} from '../core/duckdb.js'
import { requireReadable } from '../core/absent.js'
import { LocalError, messageOf } from '../core/errors.js'
import type { Call, CallEnd, NoAnswer, RunHeader } from '../model/call.js'
import { ANSWERS, CALLS, checksumSql, type RawTable } from './callTables.js'
import { rawFiles, rawRuns } from './files.js'

/** The calls of one run in `raw/`. */
export interface RawRun {
  readonly header: RunHeader
  /** The number of calls. */
  readonly size: number
  /** Bytes of its files. */
  readonly bytes: number
  /** All calls, in batches of up to 2,048, ordered by id. Every checksum is checked. */
  calls(): AsyncIterable<Call[]>
}

/** `raw/` opened for reading. */
export class RawStore {
  private constructor(
    private readonly raw: string,
    private readonly database: Database,
  ) {}

  static async open(raw: string): Promise<RawStore> {
    return new RawStore(raw, await openDatabase(':memory:', { threads: 1 }))
  }

  close(): void {
    this.database.close()
  }

  /**
   * The runs that made calls, oldest first. Read a run to its end before the next.
   * @throws LocalError when a file cannot be read or has changed since it was written
   */
  async *runs(): AsyncGenerator<RawRun> {
    const [answered, others] = await Promise.all([rawRuns(this.raw, 'answers'), rawRuns(this.raw, 'calls')])
    for (const runId of [...new Set([...answered, ...others])].sort()) {
      const answers = await rawFiles(this.raw, 'answers', runId)
      const calls = await rawFiles(this.raw, 'calls', runId)
      if (answers.length + calls.length > 0) yield await openRun(this.database.connection, answers, calls)
    }
  }
}

async function openRun(connection: Connection, answers: string[], calls: string[]): Promise<RawRun> {
  const files: RawRun[] = []
  for (const file of answers) files.push(await openRawFile(connection, ANSWERS, file))
  for (const file of calls) files.push(await openRawFile(connection, CALLS, file))
  return {
    header: files[0]!.header,
    size: files.reduce((sum, { size }) => sum + size, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    async *calls() {
      for (const file of files) yield* file.calls()
    },
  }
}

/**
 * One file of a run.
 * @param ids gives only the calls for these ids
 * @throws LocalError when the file cannot be read or has changed since it was written
 */
export async function openRawFile(
  connection: Connection,
  table: RawTable,
  file: string,
  ids?: readonly string[],
): Promise<RawRun> {
  const { rows, ...header } = await readingFile(file, () => headOf(connection, file))
  const { size: bytes } = await readingFile(file, () => stat(file))
  return {
    header,
    size: rows,
    bytes,
    calls: () =>
      table.kind === 'answers'
        ? callsIn(connection, table, file, answerOf, ids)
        : callsIn(connection, table, file, callOf, ids),
  }
}

async function headOf(connection: Connection, file: string): Promise<RunHeader & { rows: number }> {
  const head = await first<RunHeader & { rows: number }>(
    connection,
    `SELECT
       any_value(run_id) AS "runId", any_value(epoch_ms(run_started_at)) AS "startedAt",
       any_value(pipeline) AS pipeline, any_value(simulated) AS simulated, any_value(host) AS host,
       count(*) AS rows
     FROM ${parquet(file)}`,
  )
  if (head!.rows === 0) throw new Error('the file has no rows')
  return head!
}

interface RawCall {
  readonly seq: number
  readonly id: string
  readonly attempt: number
  readonly sentAt: number
  readonly receivedAt: number
  readonly ms: number
  readonly body: Uint8Array | null
  readonly intact: boolean
}
type RawAnswer = RawCall & { status: number; content_type: string | null; retry_after: string | null; body: Uint8Array }
type RawOther = RawCall & { fault: NoAnswer['fault'] | 'unknown'; detail: string }

async function* callsIn<Row extends RawCall>(
  connection: Connection,
  table: RawTable,
  file: string,
  read: (row: Row) => Call,
  ids?: readonly string[],
): AsyncGenerator<Call[]> {
  const rows = batches<Row>(
    connection,
    `SELECT
       * EXCLUDE (run_id, run_started_at, pipeline, simulated, host, user_id, sent_at, received_at, checksum),
       user_id AS id, epoch_ms(sent_at) AS "sentAt", epoch_ms(received_at) AS "receivedAt", checksum = ${checksumSql(table)} AS intact
     FROM ${parquet(file)}${ids ? ` WHERE user_id IN (${ids.map(quotedText).join(', ')})` : ''}`,
  )
  for (;;) {
    const { value } = (await readingFile(file, () => rows.next())) as IteratorResult<Row[], undefined>
    if (value === undefined) return
    const damaged = value.filter(({ intact }) => !intact)
    if (damaged.length > 0) throw unreadable(file, `${damaged.length} rows do not match their checksum`)
    yield value.map(read)
  }
}

function answerOf({ status, content_type, retry_after, body, ...row }: RawAnswer): CallEnd {
  return { ...endOf(row), kind: 'answer', status, contentType: content_type, retryAfter: retry_after, body }
}

function callOf({ fault, detail, body, ...row }: RawOther): Call {
  const { receivedAt, ms, ...intent } = endOf(row)
  if (fault === 'unknown') return { ...intent, kind: 'unknown' }
  return { ...intent, kind: 'no_answer', receivedAt, ms, fault, detail, ...(body ? { part: body } : {}) }
}

function endOf({ seq, id, attempt, sentAt, receivedAt, ms }: Omit<RawCall, 'body'>) {
  return { seq, id, attempt, sentAt, receivedAt, ms }
}

function parquet(file: string): string {
  return `read_parquet(${quotedText(file)}, hive_partitioning = false)`
}

async function readingFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const [line] = messageOf(cause).split('\n')
    await requireReadable(file)
    if (isOutOfMemory(cause)) throw new LocalError(`${file}: ${line}; give it more memory`, { cause })
    throw unreadable(file, line!, cause)
  }
}

function unreadable(file: string, problem: string, cause?: unknown): LocalError {
  return new LocalError(
    `damaged: ${file}: ${problem}; put the file back from a backup, or, if its answers may be paid again, move it and the receipt of its run away`,
    { cause },
  )
}
