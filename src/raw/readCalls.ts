import { stat } from 'node:fs/promises'
import {
  all,
  batches,
  isOutOfMemory,
  quotedText,
  openDatabase,
  type Connection,
  type Database,
} from '../core/duckdb.js'
import { requireReadable } from '../core/absent.js'
import { LocalError, messageOf } from '../core/errors.js'
import { plural } from '../core/text.js'
import type { Call, CallEnd, NoAnswer, RunHeader } from '../model/call.js'
import { ANSWERS, CALLS, checksumSql, withEndpoint, type RawTable } from './callTables.js'
import { isMergedFile, rawFiles, rawRuns } from './files.js'
import { readManifest } from './manifest.js'
import { parquet } from './parquet.js'

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

/** `raw/` opened for reading. Its folder must be locked. */
export class RawStore {
  private constructor(
    private readonly raw: string,
    private readonly database: Database,
  ) {}

  static async open(raw: string): Promise<RawStore> {
    return new RawStore(raw, await openDatabase(':memory:', { threads: 1 }))
  }

  async close(): Promise<void> {
    await this.database.close()
  }

  /**
   * The runs that made calls, oldest first. Read a run to its end before the next.
   * @throws LocalError when a file cannot be read or has changed since it was written
   */
  async *runs(): AsyncGenerator<RawRun> {
    const { raw } = this
    const manifest = await readManifest(raw)
    const [answered, others] = [await rawRuns(raw, 'answers', manifest), await rawRuns(raw, 'calls', manifest)]
    for (const runId of [...new Set([...answered, ...others])].sort()) {
      const answers = await rawFiles(raw, 'answers', runId, manifest)
      const calls = await rawFiles(raw, 'calls', runId, manifest)
      const files: RawRun[] = []
      for (const file of answers) files.push(...(await this.partsOf(ANSWERS, file, runId)))
      for (const file of calls) files.push(...(await this.partsOf(CALLS, file, runId)))
      if (files.length > 0) yield wholeRun(files)
    }
  }

  /** The calls of one run in a file. A merged file may have lost all calls of a run to `forget`. */
  private async partsOf(table: RawTable, file: string, runId: string): Promise<RawRun[]> {
    const { connection } = this.database
    return isMergedFile(file)
      ? runsInFile(connection, table, file, { runId })
      : [await openRawFile(connection, table, file)]
  }
}

function wholeRun(files: readonly RawRun[]): RawRun {
  return {
    header: files[0]!.header,
    size: files.reduce((sum, { size }) => sum + size, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    async *calls() {
      for (const file of files) yield* file.calls()
    },
  }
}

/** Which calls of a file are read. */
export interface CallFilter {
  /** Only the calls for these ids, and those of resolvers, which may have found one of them. */
  readonly ids?: readonly string[] | undefined
  /** Only the calls of this run. */
  readonly runId?: string
}

/**
 * A file with the calls of one run.
 * @throws LocalError when the file cannot be read or has changed since it was written
 */
async function openRawFile(connection: Connection, table: RawTable, file: string): Promise<RawRun> {
  const [run] = await runsInFile(connection, table, file)
  if (!run) throw unreadable(file, 'the file has no rows')
  return run
}

/**
 * The runs in a file, each with its calls.
 * @throws LocalError when the file cannot be read or has changed since it was written
 */
export async function runsInFile(
  connection: Connection,
  table: RawTable,
  file: string,
  filter: CallFilter = {},
): Promise<RawRun[]> {
  const heads = await readingFile(file, () => headsOf(connection, file, filter))
  const { size: bytes } = await readingFile(file, () => stat(file))
  return heads.map(({ rows, share, ...header }) => {
    const only = { ids: filter.ids, runId: header.runId }
    return {
      header,
      size: rows,
      bytes: Math.ceil(bytes * share),
      calls: () =>
        table.kind === 'answers'
          ? callsIn(connection, table, file, answerOf, only)
          : callsIn(connection, table, file, callOf, only),
    }
  })
}

type FileHead = RunHeader & { rows: number; share: number }

/** Header and number of calls of each run in a file, oldest first. */
function headsOf(connection: Connection, file: string, { runId }: CallFilter): Promise<FileHead[]> {
  return all<FileHead>(
    connection,
    `SELECT
       run_id AS "runId", any_value(epoch_ms(run_started_at)) AS "startedAt",
       any_value(pipeline) AS pipeline, any_value(simulated) AS simulated, any_value(host) AS host,
       count(*) AS rows, (count(*) / (SELECT count(*) FROM ${parquet(file)}))::DOUBLE AS share
     FROM ${parquet(file)}${runId === undefined ? '' : ` WHERE run_id = ${quotedText(runId)}`}
     GROUP BY run_id ORDER BY run_id`,
  )
}

interface RawCall {
  readonly seq: number
  readonly id: string
  readonly endpoint: string | null
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
  { ids, runId }: CallFilter,
): AsyncGenerator<Call[]> {
  const rows = batches<Row>(
    connection,
    `SELECT
       * EXCLUDE (run_id, run_started_at, pipeline, simulated, host, user_id, sent_at, received_at, checksum),
       user_id AS id, epoch_ms(sent_at) AS "sentAt", epoch_ms(received_at) AS "receivedAt", checksum = ${checksumSql(table)} AS intact
     FROM ${withEndpoint(parquet(file))}
     WHERE run_id = ${quotedText(runId ?? '')}${ids ? ` AND (user_id IN (${ids.map(quotedText).join(', ')}) OR endpoint IS NOT NULL)` : ''}`,
  )
  for (;;) {
    const { value } = (await readingFile(file, () => rows.next())) as IteratorResult<Row[], undefined>
    if (value === undefined) return
    const damaged = value.filter(({ intact }) => !intact)
    if (damaged.length > 0)
      throw unreadable(file, `${plural(damaged.length, 'row does not match its', 'rows do not match their')} checksum`)
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

function endOf({ seq, id, endpoint, attempt, sentAt, receivedAt, ms }: Omit<RawCall, 'body'>) {
  return { seq, id, ...(endpoint === null ? {} : { endpoint }), attempt, sentAt, receivedAt, ms }
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
