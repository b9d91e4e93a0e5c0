import { type Connection } from '../core/duckdb.js'
import { TableWriter } from '../core/tableWriter.js'
import type { AnswerReader } from '../flatten/compile.js'
import { WHOLE } from '../flatten/drift.js'
import type { Call, RunHeader } from '../model/call.js'
import { ClockCorrection } from '../model/clock.js'
import type { CallOutcome, Outcome, StopReason } from '../model/outcome.js'
import type { Drift, Flattened, Pipeline } from '../model/pipeline.js'
import { missReason, resolvedId } from '../model/resolution.js'
import { readAheadRuns } from './aheadRuns.js'
import { outcomeOf, readCall, type StageLimits } from './readCall.js'
import {
  STAGED_ANOMALIES,
  STAGED_CALLS,
  STAGED_DRIFT,
  STAGED_RESOLUTIONS,
  STAGED_RUNS,
  STAGED_UNREADABLE,
  createStaging,
  stableLists,
  stagedChild,
  stagedProfiles,
  type StagingTable,
} from './stagingTables.js'

/** Where calls are read from, such as a segment of the journal. All calls of a run come from one source. */
export interface AnswerSource {
  readonly header: RunHeader
  /** How the run ended; absent while nobody knows. */
  readonly ending?: RunEnding
  /** In batches of a few hundred. */
  calls(): AsyncIterable<readonly Call[]>
}

/** What the end of a run says about its answers. */
export interface RunEnding {
  /** Whether most answers were of no use. */
  readonly useless: boolean
  /** Why the run stopped, if it did. */
  readonly stopReason: StopReason | undefined
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

export interface StagingOptions {
  readonly limits?: StageLimits
  /** Rows that pass to DuckDB at once. */
  readonly chunkRows?: number
}

const NO_LIMITS: StageLimits = { mostBytes: undefined, largestBytes: 0 }

/** The time of a call as stored, and as it counts. */
interface CallTimes {
  readonly datedAt: number
  readonly endedAt: number
}

/** Rows that one load has read and the merge has not taken yet. They are in TEMP tables of one connection. */
export class Staging {
  readonly staged = { calls: 0, answers: 0, profiles: 0, unknown: 0, tooLarge: 0 }
  private driftSets = new Map<string, number>()
  private nextDriftSet = 1
  /** Indexes in `Flattened.attributes`. */
  private readonly lists: readonly number[]

  private constructor(
    private readonly connection: Connection,
    private readonly reader: AnswerReader,
    private readonly writers: Writers,
    private readonly clock: ClockCorrection,
    private readonly limits: StageLimits,
  ) {
    this.lists = stableLists(reader.pipeline).map(({ index }) => index)
  }

  /** Makes the staging tables, empty. */
  static async open(connection: Connection, reader: AnswerReader, options: StagingOptions = {}): Promise<Staging> {
    const { limits = NO_LIMITS, chunkRows } = options
    await createStaging(connection, reader.pipeline)
    const clock = new ClockCorrection(await readAheadRuns(connection))
    const writers = await openWriters(connection, reader.pipeline, chunkRows)
    return new Staging(connection, reader, writers, clock, { ...limits })
  }

  get pipeline(): Pipeline {
    return this.reader.pipeline
  }

  /** Whether the rows are in tables of this connection. */
  isOf(connection: Connection): boolean {
    return this.connection === connection
  }

  /** The size of the largest body whose rows are staged. */
  get largestBytes(): number {
    return this.limits.largestBytes
  }

  /** All calls of a source. */
  async source(source: AnswerSource): Promise<void> {
    const { header, ending } = source
    for await (const batch of source.calls()) {
      for (const call of batch) this.call(header.runId, call)
    }
    this.run(header, ending)
  }

  /** A run whose calls are staged. */
  run(header: RunHeader, ending: RunEnding | undefined): void {
    const { runId, startedAt, pipeline, simulated, host, price, currency, list, earlierRuns } = header
    const known = [price ?? null, currency ?? null, list ?? null, earlierRuns ? JSON.stringify(earlierRuns) : null]
    const { useless = null, stopReason = null } = ending ?? {}
    this.writers.runs.append([runId, startedAt, pipeline, simulated, host, useless, stopReason, ...known])
  }

  /** @param known the outcome, where it is already known */
  call(runId: string, call: Call, known?: Outcome): void {
    if (call.kind === 'no_answer' && call.fault === 'withdrawn') return
    if (call.endpoint !== undefined) {
      this.resolution(runId, call, call.endpoint, known)
      return
    }
    const { outcome, flattened } = readCall(this.reader, call, this.limits, known)
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

  /** Writes the last rows. Nothing can be staged afterwards. */
  close(): void {
    const { children, ...others } = this.writers
    for (const writer of [...Object.values(others), ...children]) writer.close()
  }

  /** Leaves out whatever is not written yet. Nothing can be staged afterwards; safe after any error. */
  abandon(): void {
    const { children, ...others } = this.writers
    for (const writer of [...Object.values(others), ...children]) writer.discard()
  }

  /** A call to the endpoint of a resolver has no row but its own: it says nothing about a profile. */
  private resolution(runId: string, call: Call, endpoint: string, known: Outcome | undefined): void {
    const outcome = outcomeOf(this.reader, call, known)
    const resolver = this.pipeline.resolvers?.find((each) => each.endpoint === endpoint)
    const datedAt = call.kind === 'unknown' ? call.sentAt : call.receivedAt
    this.writers.resolutions.append([
      runId,
      call.seq,
      endpoint,
      resolver?.kind ?? endpoint,
      call.id,
      this.clock.of(runId, call.sentAt),
      this.clock.of(runId, datedAt),
      call.kind === 'unknown' ? null : call.ms,
      outcome.kind,
      outcome.code,
      outcome.billed,
      resolver?.price ?? null,
      resolvedId(outcome) ?? null,
      missReason(outcome) ?? null,
    ])
    this.staged.calls += 1
    if (call.kind === 'answer') this.staged.answers += 1
    if (call.kind === 'unknown') this.staged.unknown += 1
  }

  private profile(runId: string, id: string, { datedAt, endedAt: observedAt }: CallTimes, flattened: Flattened): void {
    this.staged.profiles += 1
    const answer = this.staged.profiles
    const { profiles, children, anomalies } = this.writers
    const { values, attributes, hash, drift, extra } = flattened
    const lists = this.lists.map((index) => attributes[index]!)
    const ahead = datedAt === observedAt ? null : datedAt
    profiles.append([answer, observedAt, runId, ahead, hash, this.driftSet(drift), ...values, extra, ...lists])
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

type Writers = Awaited<ReturnType<typeof openWriters>>

async function openWriters(connection: Connection, pipeline: Pipeline, chunkRows: number | undefined) {
  const open = ({ name, columns }: StagingTable) =>
    TableWriter.open(
      connection,
      `temp.main.${name}`,
      columns.map(([, type]) => type),
      chunkRows,
    )
  return {
    runs: await open(STAGED_RUNS),
    calls: await open(STAGED_CALLS),
    resolutions: await open(STAGED_RESOLUTIONS),
    profiles: await open(stagedProfiles(pipeline)),
    anomalies: await open(STAGED_ANOMALIES),
    unreadable: await open(STAGED_UNREADABLE),
    drift: await open(STAGED_DRIFT),
    children: await Promise.all(pipeline.children.map((child) => open(stagedChild(child)))),
  }
}
