import type { Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import type { AnswerReader } from '../flatten/compile.js'
import { Staging } from '../load/stage.js'
import type { CallEnd } from '../model/call.js'
import type { Outcome } from '../model/outcome.js'

/** Rows that pass to DuckDB at once during the fetch: calls in flight wait meanwhile, 10 ms for the widest rows. */
const CHUNK_ROWS = 256

interface StagedRun {
  readonly runId: string
  readonly log: Effects['log']
}

/** Stages calls while others wait for the upstream. The journal has them all, so a failure here costs only time. */
export class StagedCalls {
  private constructor(
    private readonly run: StagedRun,
    /** Undefined after a failure. */
    public staging: Staging | undefined,
  ) {}

  static async open(
    connection: Connection,
    reader: AnswerReader,
    run: StagedRun,
    chunkRows = CHUNK_ROWS,
  ): Promise<StagedCalls> {
    return new StagedCalls(run, await Staging.open(connection, reader, { chunkRows }))
  }

  add(end: CallEnd, outcome: Outcome): void {
    try {
      this.staging?.call(this.run.runId, end, outcome)
    } catch (error) {
      this.abandon()
      const [why] = messageOf(error).split('\n')
      this.run.log('info', `calls are loaded from the journal after the fetch: ${why}`, 'staging_failed')
    }
  }

  /** Gives up what is staged. */
  abandon(): void {
    this.staging?.abandon()
    this.staging = undefined
  }
}
