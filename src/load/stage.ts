import { TableWriter, type Connection } from '../core/duckdb.js'
import type { AnswerReader } from '../flatten/compile.js'
import { WHOLE } from '../flatten/drift.js'
import type { Call, RunHeader } from '../model/call.js'
import { ClockCorrection } from '../model/clock.js'
import { seriesColumns, type Drift, type Flattened, type Pipeline, type Value } from '../model/pipeline.js'
import { readAheadRuns } from './aheadRuns.js'
import { bodyBytes, readCall, type CallOutcome, type StageLimits } from './readCall.js'
import {
  STAGED_ANOMALIES,
  STAGED_CALLS,
  STAGED_DRIFT,
  STAGED_RUNS,
  STAGED_UNREADABLE,
  createStaging,
  STAGED_ROWS,
  stagedAnswers,
  stagedCells,
  stagedChild,
  type StagedCell,
  type StagingTable,
} from './stagingTables.js'

/** Where calls are read from, such as a segment of the journal. All calls of a run come from one source. */
export interface AnswerSource {
  readonly header: RunHeader
  /** Whether most answers were of no use; absent while the run is not judged. */
  readonly useless?: boolean
  /** In batches of a few hundred. */
  calls(): AsyncIterable<readonly Call[]>
}

export interface Staged {
  readonly calls: number
  /** Calls whose answer arrived whole. */
  readonly answers: number
  readonly profiles: number
  /** Calls whose process died before their end was known. */
  readonly unknown: number
  /** Answers that are too large to be loaded. */
  readonly tooLarge: number
}

const FAILED_SUCCESSES: ReadonlySet<CallOutcome['kind']> = new Set(['misdelivered', 'unreadable', 'too_large_to_load'])

/** Sets of drift that are remembered. When answers have more shapes than that, the memory starts empty again. */
const REMEMBERED_SETS = 10_000

/** Calls between two releases of memory, or fewer where their answers are large. */
const CALLS_A_ROUND = 8_192
const BYTES_A_ROUND = 64 << 20

/** Reads all calls of the sources into the staging tables, flat in memory. */
export async function stage(
  connection: Connection,
  sources: Iterable<AnswerSource>,
  reader: AnswerReader,
  limits: StageLimits,
  releaseMemory: () => Promise<void>,
): Promise<Staged> {
  await createStaging(connection, reader.pipeline)
  const stager = await Stager.open(connection, reader, limits)
  let round = CALLS_A_ROUND
  let bytes = 0
  for (const source of sources) {
    stager.run(source)
    for await (const calls of source.calls()) {
      for (const call of calls) {
        stager.call(source.header.runId, call)
        bytes += bodyBytes(call)
      }
      if (stager.staged.calls < round && bytes < BYTES_A_ROUND) continue
      round = stager.staged.calls + CALLS_A_ROUND
      bytes = 0
      await releaseMemory()
    }
  }
  stager.close()
  await releaseMemory()
  return stager.staged
}

/** The time of a call as stored, and as it counts. */
interface CallTimes {
  readonly datedAt: number
  readonly endedAt: number
}

class Stager {
  readonly staged = { calls: 0, answers: 0, profiles: 0, unknown: 0, tooLarge: 0 }
  private driftSets = new Map<string, number>()
  private nextDriftSet = 1
  private readonly cells: readonly StagedCell[]
  /** Indexes of the counters in `Flattened.values`. */
  private readonly counters: readonly number[]

  private constructor(
    private readonly reader: AnswerReader,
    private readonly writers: Writers,
    private readonly limits: StageLimits,
    private readonly clock: ClockCorrection,
  ) {
    const { pipeline } = reader
    this.cells = stagedCells(pipeline)
    this.counters = seriesColumns(pipeline).map(([name]) => Object.keys(pipeline.columns).indexOf(name))
  }

  static async open(connection: Connection, reader: AnswerReader, limits: StageLimits): Promise<Stager> {
    const clock = new ClockCorrection(await readAheadRuns(connection))
    return new Stager(reader, await openWriters(connection, reader.pipeline), limits, clock)
  }

  run({ header, useless = null }: Pick<AnswerSource, 'header'> & { readonly useless?: boolean | null }): void {
    const { runId, startedAt, pipeline, simulated, host } = header
    this.writers.runs.append([runId, startedAt, pipeline, simulated, host, useless])
  }

  call(runId: string, call: Call): void {
    if (call.kind === 'no_answer' && call.fault === 'withdrawn') return
    const { outcome, flattened } = readCall(this.reader, call, this.limits)
    const datedAt = call.kind === 'unknown' ? call.sentAt : call.receivedAt
    const endedAt = this.clock.of(runId, datedAt)
    const profile = outcome.kind === 'profile'
    this.writers.calls.append([
      runId,
      call.seq,
      call.id,
      this.clock.of(runId, call.sentAt),
      endedAt,
      call.kind === 'unknown' ? null : call.ms,
      outcome.kind,
      outcome.code,
      outcome.billed,
      profile ? null : outcome.message,
    ])
    this.staged.calls += 1
    if (call.kind === 'answer') this.staged.answers += 1
    if (call.kind === 'unknown') this.staged.unknown += 1
    if (outcome.kind === 'too_large_to_load') this.staged.tooLarge += 1
    if (FAILED_SUCCESSES.has(outcome.kind)) {
      this.writers.anomalies.append([call.id, endedAt, outcome.kind, null, outcome.message, runId])
    }
    if (outcome.kind === 'unreadable' && flattened) {
      const { drift } = flattened
      // If the whole value is wrong, every key is missing: only the whole is reported.
      const whole = drift.filter(({ path }) => path === WHOLE)
      this.writers.unreadable.append([call.id, endedAt, this.driftSet(whole.length > 0 ? whole : drift)])
    }
    if (profile && flattened) this.profile(runId, call.id, { datedAt, endedAt }, flattened)
  }

  close(): void {
    const { children, ...others } = this.writers
    for (const writer of [...Object.values(others), ...children]) writer.close()
  }

  private profile(runId: string, id: string, { datedAt, endedAt: observedAt }: CallTimes, flattened: Flattened): void {
    this.staged.profiles += 1
    const answer = this.staged.profiles
    const { answers, rows, children, anomalies } = this.writers
    const counters = this.counters.map((index) => flattened.values[index]!)
    const ahead = datedAt === observedAt ? null : datedAt
    answers.append([answer, id, observedAt, runId, ahead, flattened.hash, this.driftSet(flattened.drift), ...counters])
    rows.append([answer, packed(this.cells.map(({ of, index }) => cellOf(flattened, of, index)))])
    flattened.children.forEach((items, child) => {
      items.forEach((item, position) => children[child]!.append([answer, position, ...item]))
    })
    for (const { kind, column, detail } of flattened.anomalies) {
      anomalies.append([id, observedAt, kind, column, detail, runId])
    }
  }

  private driftSet(drift: readonly Drift[]): number | null {
    if (drift.length === 0) return null
    const key = JSON.stringify(drift)
    const known = this.driftSets.get(key)
    if (known !== undefined) return known
    if (this.driftSets.size >= REMEMBERED_SETS) this.driftSets.clear()
    const set = this.nextDriftSet
    this.nextDriftSet += 1
    this.driftSets.set(key, set)
    for (const { path, kind, expected, found } of drift) this.writers.drift.append([set, path, kind, expected, found])
    return set
  }
}

function cellOf({ values, attributes, extra }: Flattened, of: StagedCell['of'], index: number): Value {
  return of === 'extra' ? extra : ((of === 'values' ? values : attributes)[index] ?? null)
}

/** Cells as a JSON array of texts. DuckDB refuses half of a surrogate pair in JSON; it becomes U+FFFD, as in any other text. */
function packed(cells: readonly Value[]): string {
  const texts = cells.map((cell) => (cell === null || typeof cell === 'string' ? cell : String(cell)))
  const json = JSON.stringify(texts)
  if (!json.includes('\\ud')) return json
  return JSON.stringify(texts.map((text) => text && text.replace(/\p{Surrogate}/gu, '\ufffd')))
}

type Writers = Awaited<ReturnType<typeof openWriters>>

async function openWriters(connection: Connection, pipeline: Pipeline) {
  const open = ({ name, columns }: StagingTable) =>
    TableWriter.open(
      connection,
      `temp.main.${name}`,
      columns.map(([, type]) => type),
    )
  return {
    runs: await open(STAGED_RUNS),
    calls: await open(STAGED_CALLS),
    answers: await open(stagedAnswers(pipeline)),
    rows: await open(STAGED_ROWS),
    anomalies: await open(STAGED_ANOMALIES),
    unreadable: await open(STAGED_UNREADABLE),
    drift: await open(STAGED_DRIFT),
    children: await Promise.all(pipeline.children.map((child) => open(stagedChild(child)))),
  }
}
