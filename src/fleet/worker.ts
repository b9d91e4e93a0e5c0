import { EXIT } from '../core/errors.js'
import { Resources } from '../core/resources.js'
import { readStanding, type Standing } from './accounts.js'
import { fetchBatches } from './fetchBatches.js'
import { hasOpenBatches, reapSessions } from './leases.js'
import { openWorker, type OpenWorker, type WorkerContext } from './openWorker.js'
import { shipSpool, spoolFolder } from './spool.js'
import { exitCodeOfStanding, exitCodeOfStop, stopOfStanding, whyWaiting } from './standing.js'
import { WorkerProgress, type WorkerReport, type WorkerStop } from './workerProgress.js'

const LOOK_MS = 1_000
const WAIT_MS = 5_000

/**
 * Takes batches of a fleet and fetches their ids, until a signal stops it. Its data folder keeps only answers that the
 * database did not take, learned limits, and metrics.
 * @throws RunError with its exit code
 */
export async function runWorker(context: WorkerContext): Promise<WorkerReport> {
  const open = new Resources()
  let isEnding = false
  try {
    const opened = await openWorker(context, open, () => isEnding)
    try {
      return await new Worker(opened, open).run()
    } finally {
      isEnding = true
      await opened.delivery.stop()
    }
  } finally {
    await open.close()
  }
}

class Worker {
  private readonly progress: WorkerProgress
  private lastStop: WorkerStop | undefined
  private told = ''
  /** Since when no look at other workers' sessions has failed. */
  private seenSince: number | undefined

  constructor(
    private readonly open: OpenWorker,
    resources: Resources,
  ) {
    this.progress = new WorkerProgress(open)
    const reaping = setInterval(() => void this.reap(), open.settings.lease / 5)
    resources.add(() => clearInterval(reaping))
    resources.add(() => this.progress.stop())
  }

  async run(): Promise<WorkerReport> {
    for (;;) {
      const exitCode = await this.open.outage.attempt(() => this.step())
      if (exitCode !== undefined) return this.progress.report(exitCode, this.lastStop)
    }
  }

  /** One session, or a wait. @returns the exit code when the worker is to end */
  private async step(): Promise<number | undefined> {
    const { signal, account, untilEmpty, effects, database, delivery, layout, interpret } = this.open
    if (signal.aborted) return signal.reason as number
    await shipSpool(database, spoolFolder(layout), interpret, effects)
    const standing = await readStanding(database, account)
    const why = whyWaiting(standing, account, { timeZone: this.open.pipeline.timeZone, now: this.open.clock.now() })
    this.progress.isWaiting = why !== undefined
    if (why !== undefined) return this.wait(standing, why)
    this.told = ''
    this.lastStop = undefined
    if (untilEmpty && !(await hasOpenBatches(database))) return EXIT.done
    await delivery.start()
    await delivery.feed.wait(LOOK_MS, signal)
    if (delivery.feed.isEmpty) return undefined
    const stop = await fetchBatches(this.open, (event) => this.progress.follow(event))
    if (stop && stop.reason !== 'signal') this.lastStop = stop
    return stop?.reason === 'unreachable' ? exitCodeOfStop(stop.reason) : undefined
  }

  /** No call may go now. With `--until-empty` the worker ends and says why, unless nothing is left to call. */
  private async wait(standing: Standing, why: string): Promise<number | undefined> {
    const { untilEmpty, effects, signal, database, delivery } = this.open
    await delivery.stop()
    if (untilEmpty) {
      if (!(await hasOpenBatches(database))) return EXIT.done
      this.lastStop ??= stopOfStanding(standing, why)
      effects.log('warn', `ending: ${why}`, 'worker_waits')
      return exitCodeOfStanding(standing)
    }
    if (this.told !== why) effects.log('warn', `waiting: ${why}`, 'worker_waits')
    this.told = why
    const ms = Math.min(WAIT_MS, Math.max(100, standing.waitMs ?? WAIT_MS))
    await effects.sleep(ms, signal).catch(() => undefined)
    return undefined
  }

  private async reap(): Promise<void> {
    const { effects, database, settings } = this.open
    this.seenSince ??= effects.elapsed()
    try {
      await reapSessions(database, settings.lease, effects.elapsed() - this.seenSince)
    } catch {
      this.seenSince = undefined
    }
  }
}
