import { count, plural } from '../core/text.js'
import type { FetchEvent } from '../fetch/fetchAll.js'
import { followFetch } from '../run/followFetch.js'
import { newTally, type Tally } from '../terminal/progress.js'
import type { OpenWorker } from './openWorker.js'
import { WorkerMetrics } from './workerMetrics.js'

/** Why a worker ended before the queue was empty. */
export interface WorkerStop {
  readonly reason: string
  readonly code: string
  readonly message: string
}

/** What a worker did, for people and programs. */
export interface WorkerReport {
  readonly exit_code: number
  readonly account: string
  readonly calls: number
  readonly billed: number
  readonly maybe_billed: number
  /** Ids with a final outcome. */
  readonly done: number
  readonly stop: WorkerStop | null
}

const PROGRESS_MS = 30_000

/** Counts what a worker does over all of its sessions, and tells it. */
export class WorkerProgress {
  private readonly tally: Tally
  private readonly timer: NodeJS.Timeout
  private readonly metrics: WorkerMetrics
  private toldCalls = 0
  /** Set while no call may go. */
  isWaiting = false

  constructor(private readonly worker: OpenWorker) {
    const { settings, pipeline } = worker
    this.tally = newTally(0, settings.price, pipeline.vendor.currency)
    this.timer = setInterval(() => this.tell(), PROGRESS_MS)
    this.metrics = new WorkerMetrics(worker, () => ({
      tally: this.tally,
      permits: worker.permitTally,
      isWaiting: this.isWaiting,
      isDatabaseAway: worker.outage.lasts,
    }))
  }

  follow(event: FetchEvent): void {
    followFetch(event, this.tally, this.worker.effects)
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    await this.metrics.end()
  }

  report(exitCode: number, stop: WorkerStop | undefined): WorkerReport {
    const { account, effects } = this.worker
    const { sent, billed, maybeBilled, done } = this.tally
    const text = `worker ended, exit ${exitCode}: ${plural(sent, 'call')}, ${plural(done, 'id')} done`
    effects.log('info', text, 'worker_ended', { exit_code: exitCode })
    return {
      exit_code: exitCode,
      account,
      calls: sent,
      billed,
      maybe_billed: maybeBilled,
      done,
      stop: stop ? { reason: stop.reason, code: stop.code, message: stop.message } : null,
    }
  }

  private tell(): void {
    const { sent, done, inFlight, failed } = this.tally
    if (sent === this.toldCalls) return
    this.toldCalls = sent
    const text = `${plural(sent, 'call')}, ${plural(done, 'id')} done, ${count(failed)} failed, ${count(inFlight)} in flight`
    this.worker.effects.log('info', text, 'progress', { calls: sent, done, failed, in_flight: inFlight })
  }
}
