import { first, type Connection } from '../core/duckdb.js'
import { zonedTime } from '../core/time.js'
import type { Layout } from '../dataFolder/layout.js'
import { readStatus, type RunStatus } from '../dataFolder/runStatus.js'
import { closingOfKilled, moneyOfStatus } from './closingLine.js'
import type { RunContext } from './context.js'

/** No process has this id. */
const NO_PID = -1

/** What its loaded calls show; the money is null if no call was sent, or an older version made them. */
interface Sent {
  readonly sent: number
  readonly billed: number
  readonly maybeBilled: number
  readonly moneyBilled: number | null
  readonly moneyMaybeBilled: number | null
}

/** The last run of the folder, whose process was killed: this run writes its closing line, once. */
export class CutOffRun {
  private isReported = false

  private constructor(
    private readonly status: RunStatus,
    private readonly context: RunContext,
  ) {}

  /** This run holds the lock, so a status that is not `finished` is from a run that was cut off. */
  static find({ status }: Layout, context: RunContext): CutOffRun | undefined {
    const last = readStatus(status, NO_PID)
    if (last?.phase !== 'interrupted') return undefined
    const { logger, pipeline } = context
    const when = zonedTime(pipeline.timeZone, Date.parse(last.updated_at))
    logger.log('info', `the last run (${last.run_id}) was cut off at ${when}`, 'run_cut_off')
    return new CutOffRun(last, context)
  }

  /** With the calls that were recovered from its journal: its status may be a second older. */
  async reportFrom(connection: Connection): Promise<void> {
    this.report(await first<Sent>(connection, CALLS, { runId: this.status.run_id }))
  }

  /** @param calls as far as they are known better than from the status */
  report(calls?: Sent): void {
    if (this.isReported) return
    this.isReported = true
    const { logger, settings, api, pipeline } = this.context
    const { status } = this
    const { calls: sent = status.billed + status.maybe_billed, billed, maybe_billed: maybeBilled } = status
    const ofStatus = moneyOfStatus(status, settings.price)
    const known = calls ?? { sent, billed, maybeBilled }
    // The status may be a second older than the journal, and each billed answer has ended an id.
    const done = Math.min(status.due, Math.max(status.done, known.billed))
    const line = closingOfKilled({
      status: { ...status, done },
      calls: known,
      money: {
        billed: calls?.moneyBilled ?? ofStatus.billed,
        maybeBilled: calls?.moneyMaybeBilled ?? ofStatus.maybeBilled,
      },
      currency: pipeline.vendor.currency,
      simulated: api.simulated,
    })
    logger.close('file', line.level, line.message, line.fields)
    logger.close('stderr', line.level, line.message, line.fields)
  }
}

const CALLS = `
SELECT calls AS sent, billed_calls AS billed, maybe_billed_calls AS "maybeBilled",
  money_billed AS "moneyBilled", money_maybe_billed AS "moneyMaybeBilled"
FROM runs WHERE run_id = $runId AND calls IS NOT NULL`
