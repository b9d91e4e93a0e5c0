import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import type { Labels, Sample } from '../core/prometheusText.js'
import { version } from '../core/version.js'
import type { Samples } from '../run/metrics/metricTable.js'
import { metricsPath, replaceMetrics } from '../run/metricsFile.js'
import type { Tally } from '../terminal/progress.js'
import type { OpenWorker } from './openWorker.js'
import type { PermitTally } from './permits.js'

/** As often as a collector usually looks. */
const INTERVAL_MS = 15_000

/** What a worker is about, beside its tally. */
export interface WorkerState {
  readonly tally: Tally
  readonly permits: PermitTally
  /** Whether no call may go: the account or the fleet is stopped, or the budget of the day is spent. */
  readonly isWaiting: boolean
  readonly isDatabaseAway: boolean
}

/** Writes the figures of a worker for Prometheus, while it runs and at its end. Never fails the worker. */
export class WorkerMetrics {
  private readonly timer: NodeJS.Timeout
  private writing: Promise<void> = Promise.resolve()
  private last: { readonly at: number; readonly sent: number }

  constructor(
    private readonly worker: Pick<OpenWorker, 'layout' | 'pipeline' | 'account' | 'fleetEffects' | 'api'>,
    private readonly state: () => WorkerState,
  ) {
    this.last = { at: worker.fleetEffects.elapsed(), sent: 0 }
    this.timer = setInterval(() => this.write(true), INTERVAL_MS)
    this.write(true)
  }

  /** Resolves when the last figures are written. */
  async end(): Promise<void> {
    clearInterval(this.timer)
    this.write(false)
    await this.writing
  }

  private write(isUp: boolean): void {
    const { layout, pipeline, account, fleetEffects: effects, api } = this.worker
    const samples = samplesOf(this.state(), this.pace(effects), { account }, isUp, effects.now())
    const about: Samples = {
      creator_enrich_build_info: [[{ version }, 1]],
      creator_enrich_simulated: [[{}, api.simulated ? 1 : 0]],
    }
    this.writing = this.writing
      .then(() => replaceMetrics(layout, pipeline.name, about, samples))
      .catch((error: unknown) =>
        effects.log('warn', `cannot write ${metricsPath(layout)}: ${messageOf(error)}`, 'metrics_failed'),
      )
  }

  /** Calls a second since the last figures. */
  private pace({ elapsed }: Pick<Effects, 'elapsed'>): number {
    const { at, sent } = this.last
    this.last = { at: elapsed(), sent: this.state().tally.sent }
    return ((this.last.sent - sent) * 1000) / Math.max(1, this.last.at - at)
  }
}

function samplesOf(
  { tally, permits, isWaiting, isDatabaseAway }: WorkerState,
  pace: number,
  labels: Labels,
  isUp: boolean,
  now: number,
): Samples {
  const one = (value: number): Sample[] => [[labels, value]]
  return {
    creator_enrich_worker_up: one(isUp ? 1 : 0),
    creator_enrich_worker_seen_timestamp_seconds: one(Math.round(now / 1000)),
    creator_enrich_worker_calls_total: one(tally.sent),
    creator_enrich_worker_charged_calls_total: [
      [{ ...labels, kind: 'billed' }, tally.billed],
      [{ ...labels, kind: 'maybe_billed' }, tally.maybeBilled],
    ],
    creator_enrich_worker_ids_total: [
      [{ ...labels, result: 'done' }, tally.done - tally.failed],
      [{ ...labels, result: 'failed' }, tally.failed],
    ],
    creator_enrich_worker_in_flight_calls: one(tally.inFlight),
    creator_enrich_worker_pace_calls_per_second: one(Math.round(pace * 100) / 100),
    creator_enrich_worker_permit_wait_seconds_total: one(permits.waitedMs / 1000),
    creator_enrich_worker_late_permits_total: one(permits.late),
    creator_enrich_worker_waiting: one(isWaiting ? 1 : 0),
    creator_enrich_worker_database_away: one(isDatabaseAway ? 1 : 0),
  }
}
