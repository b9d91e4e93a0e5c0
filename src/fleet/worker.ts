import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { ActiveClock } from '../core/activeClock.js'
import type { Effects } from '../core/effects.js'
import { EXIT, messageOf, UsageError } from '../core/errors.js'
import { Resources } from '../core/resources.js'
import { count, plural } from '../core/text.js'
import { runIdAt } from '../core/time.js'
import { pathExists } from '../core/absent.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { takeLock } from '../dataFolder/lock.js'
import type { FetchResult } from '../fetch/fetchAll.js'
import type { ApiClient } from '../fetch/http/apiClient.js'
import { openLearnedLimits, type LearnedLimitsStore } from '../fetch/limits/learnedLimits.js'
import type { Stop } from '../fetch/stop.js'
import { answerReader } from '../flatten/compile.js'
import type { RunHeader } from '../model/call.js'
import type { Interpret, StopReason } from '../model/outcome.js'
import type { RunContext } from '../run/context.js'
import { callToken, connectApi, fetchPolicyOf, followFetch } from '../run/fetchDue.js'
import { newTally, type Tally } from '../terminal/progress.js'
import { declareAccount, readStanding, stopAccount } from './accounts.js'
import { DatabaseAway, openFleetDatabase, type FleetDatabase } from './database.js'
import { DatabaseClock } from './databaseClock.js'
import { startEngine, type Engine } from './engine.js'
import { Feed } from './feed.js'
import { claimFleet } from './fleet.js'
import { endSession, hasOpenBatches, reapSessions, startSession } from './leases.js'
import { LeaseLost } from './landingSql.js'
import { migrateFleet } from './migrate.js'
import { runSession, type SessionEnd } from './session.js'
import { shipSpool, spoolFolder } from './spool.js'
import { exitCodeOfStop, whyWaiting } from './standing.js'

export interface WorkerContext extends Pick<
  RunContext,
  'settings' | 'api' | 'token' | 'redact' | 'pipeline' | 'effects' | 'signal'
> {
  readonly account: string
  /** End when no batch is open any more, or none may be fetched; else wait for more. */
  readonly untilEmpty: boolean
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
  readonly stop: { readonly reason: string; readonly code: string; readonly message: string } | null
}

/** Batches at once: the second is at hand when the first has only slow ids left. */
const JOBS = 3
const PROGRESS_MS = 30_000
const STOP_MS = 3_000
const LOOK_MS = 1_000
const WAIT_MS = 5_000

/**
 * Takes batches of a fleet and fetches their ids, until a signal stops it. Its data folder keeps only answers that the
 * database did not take, and learned limits.
 * @throws RunError with its exit code
 */
export async function runWorker(context: WorkerContext): Promise<WorkerReport> {
  const open = new Resources()
  try {
    return await new Worker(context, open).run()
  } finally {
    await open.close()
  }
}

class Worker {
  private readonly layout: Layout
  private readonly leaseMs: number
  private readonly interpret: Interpret
  private readonly feed = new Feed()
  private readonly tally: Tally
  private engine: Engine | undefined
  private isEnding = false
  private database!: FleetDatabase
  private engineDatabase!: FleetDatabase
  private upstream!: ApiClient
  private learned!: LearnedLimitsStore
  private activeClock!: ActiveClock
  private readonly clock: DatabaseClock
  /** With the clock of the database. */
  private readonly effects: Effects
  private lastStop: Stop | undefined
  private isAway = false
  private told = ''
  private toldCalls = 0
  /** Since when no look at other workers' sessions has failed. */
  private seenSince: number | undefined

  constructor(
    private readonly context: WorkerContext,
    private readonly open: Resources,
  ) {
    const { settings, pipeline } = context
    this.layout = layoutOf(settings.data)
    this.clock = new DatabaseClock(context.effects)
    this.effects = { ...context.effects, now: () => this.clock.now() }
    this.leaseMs = settings.lease
    this.interpret = answerReader(pipeline).interpret
    this.tally = newTally(0, settings.price, pipeline.vendor.currency)
  }

  async run(): Promise<WorkerReport> {
    await this.start()
    try {
      for (;;) {
        const exitCode = await this.patiently(() => this.step())
        if (exitCode !== undefined) return this.report(exitCode)
      }
    } finally {
      this.isEnding = true
      await this.stopEngine()
    }
  }

  /** One session, or a wait. @returns the exit code when the worker is to end */
  private async step(): Promise<number | undefined> {
    const { context, database, feed } = this
    const { signal, account, untilEmpty, effects } = context
    if (signal.aborted) return signal.reason as number
    await shipSpool(database, spoolFolder(this.layout), this.interpret, effects)
    const standing = await readStanding(database, account)
    const why = whyWaiting(standing, account, { timeZone: context.pipeline.timeZone, now: this.clock.now() })
    if (why !== undefined) {
      await this.stopEngine()
      if (untilEmpty) {
        if (standing.stop) this.lastStop ??= { ...standing.stop, at: this.clock.now() }
        return exitCodeOfStop(standing.stop?.reason)
      }
      if (this.told !== why) effects.log('warn', `waiting: ${why}`, 'worker_waits')
      this.told = why
      await this.pause(Math.min(WAIT_MS, Math.max(100, standing.waitMs ?? WAIT_MS)))
      return undefined
    }
    this.told = ''
    this.lastStop = undefined
    if (untilEmpty && !(await hasOpenBatches(database))) return EXIT.done
    feed.open()
    this.engine ??= await startEngine(this.engineDatabase, JOBS, effects, (batchNo) => feed.offer(batchNo))
    await feed.wait(LOOK_MS, signal)
    return feed.isEmpty ? undefined : this.session()
  }

  private async session(): Promise<number | undefined> {
    const { context, database } = this
    const { settings, account, pipeline, signal, leaseMs } = { ...context, leaseMs: this.leaseMs }
    await this.clock.read(database)
    const { effects } = this
    const header = this.header(effects)
    const start = { sessionId: header.runId, account, worker: workerName(), folder: this.layout.data, leaseMs }
    const sessionNo = await startSession(database, start)
    let telling = Promise.resolve(false)
    const end = await runSession({
      ...{ database, sessionNo, account, header, feed: this.feed, leaseMs, effects, signal },
      ...{ upstream: this.upstream, interpret: this.interpret, activeClock: this.activeClock },
      spool: spoolFolder(this.layout),
      policy: fetchPolicyOf({ ...settings, rate: undefined, maxCalls: undefined }, {}),
      learned: this.learned.known,
      onEvent: (event) => {
        // A session that ends for our own reasons has them told elsewhere.
        const isOwnEnd = event.type === 'stopping' && event.stop.reason === 'signal' && !signal.aborted
        if (!isOwnEnd) followFetch(event, this.tally, effects)
        if (event.type === 'stopping' && isOfAccount(event.stop.reason))
          telling = stopAccount(database, account, event.stop, pipeline.timeZone).then(
            () => true,
            () => false,
          )
      },
    })
    return this.after(end, sessionNo, await telling)
  }

  /** @param isStopped whether the stop of the account is written: a person may have let it go on since */
  private async after(
    { result, failure, halt }: SessionEnd,
    sessionNo: string,
    isStopped: boolean,
  ): Promise<number | undefined> {
    const { context, database, feed } = this
    const { effects, account, pipeline } = context
    if (result) await this.learned.keep(result.learned)
    if (failure instanceof DatabaseAway) this.away(failure)
    else if (failure instanceof LeaseLost)
      effects.log('warn', `${messageOf(failure)}; the worker goes on with other batches`, 'lease_lost')
    if (failure ?? halt ?? result?.stop) {
      feed.close()
      await this.stopEngine()
    }
    const stop = stopOf(result)
    const isUnreachable = stop?.reason === 'unreachable'
    await this.untilBack(async () => {
      // Answers that wait here land before the batches are given back: then they are not late.
      await shipSpool(database, spoolFolder(this.layout), this.interpret, effects)
      if (!isStopped && stop && (isOfAccount(stop.reason) || result?.useless))
        await stopAccount(database, account, stop, pipeline.timeZone)
      isStopped = true
      await endSession(database, sessionNo)
    })
    if (failure && !(failure instanceof DatabaseAway || failure instanceof LeaseLost)) throw failure
    if (stop && stop.reason !== 'signal') this.lastStop = stop
    return isUnreachable ? exitCodeOfStop(stop.reason) : undefined
  }

  private async start(): Promise<void> {
    const { context, open, layout } = this
    const { settings, api, effects, account, pipeline } = context
    const token = callToken(context)
    if (token === undefined)
      throw new UsageError('no token: set JUSTONEAPI_TOKEN or give --token-file; the token is not in the database')
    if (pathExists(layout.raw))
      throw new UsageError(
        `${layout.data} is a data folder with answers in raw/, and a worker needs a folder of its own: give another one with --data`,
      )
    const lock = await takeLock(layout, 'nothing was sent')
    open.add(() => lock.release())
    this.database = await openFleetDatabase(settings.databaseUrl)
    open.add(() => this.database.close())
    const connections = JOBS + 2
    this.engineDatabase = await openFleetDatabase(settings.databaseUrl, {
      connections,
      waits: () => !this.isEnding && !context.signal.aborted,
    })
    open.add(() => this.engineDatabase.close())
    await migrateFleet(this.database)
    await claimFleet(this.database, { pipeline, simulated: api.simulated, host: api.host })
    const { rate: perSecond, budgetPerDay, price } = settings
    const dayCalls = budgetPerDay === undefined || price === 0 ? undefined : Math.floor(budgetPerDay / price + 1e-9)
    await declareAccount(this.database, { account, perSecond, dayCalls })
    this.activeClock = new ActiveClock(effects)
    this.activeClock.start()
    open.add(() => this.activeClock.stop())
    this.upstream = await connectApi({ ...context, effects: this.effects }, token, open)
    this.learned = await openLearnedLimits(layout.learned, { host: api.host, token }, effects)
    const reaping = setInterval(() => void this.reap(), this.leaseMs / 5)
    open.add(() => clearInterval(reaping))
    const telling = setInterval(() => this.tellProgress(), PROGRESS_MS)
    open.add(() => clearInterval(telling))
    effects.log(
      'info',
      `worker ${workerName()} of account ${account}, database ${this.database.shown}`,
      'worker_started',
      {
        account,
        database: this.database.shown,
      },
    )
  }

  private async reap(): Promise<void> {
    const { effects } = this.context
    this.seenSince ??= effects.elapsed()
    try {
      await reapSessions(this.database, this.leaseMs, effects.elapsed() - this.seenSince)
    } catch {
      this.seenSince = undefined
    }
  }

  private tellProgress(): void {
    const { sent, done, inFlight, failed } = this.tally
    if (sent === this.toldCalls) return
    this.toldCalls = sent
    const text = `${plural(sent, 'call')}, ${plural(done, 'id')} done, ${count(failed)} failed, ${count(inFlight)} in flight`
    this.context.effects.log('info', text, 'progress', { calls: sent, done, failed, in_flight: inFlight })
  }

  /** Repeats what the database kept from being done, as long as it is away. */
  private async patiently<T>(work: () => Promise<T>): Promise<T | number | undefined> {
    try {
      const done = await work()
      if (this.isAway) this.context.effects.log('info', `PostgreSQL ${this.database.shown} is back`, 'database_back')
      this.isAway = false
      return done
    } catch (error) {
      if (!(error instanceof DatabaseAway)) throw error
      this.away(error)
      await this.pause(LOOK_MS)
      return undefined
    }
  }

  private async untilBack(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        if (!(error instanceof DatabaseAway)) throw error
        this.away(error)
        // What waits in the local journal is shipped at the next start, and the batches change hands after a while.
        if (this.context.signal.aborted) return
        await this.pause(LOOK_MS)
      }
    }
  }

  private away(error: DatabaseAway): void {
    if (!this.isAway) this.context.effects.log('warn', `${error.message}; nothing is sent meanwhile`, 'database_away')
    this.isAway = true
  }

  private async pause(ms: number): Promise<void> {
    const { effects, signal } = this.context
    await effects.sleep(ms, signal).catch(() => undefined)
  }

  private async stopEngine(): Promise<void> {
    this.feed.close()
    const { engine } = this
    this.engine = undefined
    if (!engine) return
    await Promise.race([engine.stop(), this.afterStop()])
  }

  /** A worker that was told to stop does not wait for a database that is away: the lease of its batches runs out. */
  private async afterStop(): Promise<void> {
    const { signal } = this.context
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await delay(STOP_MS, undefined, { ref: false })
  }

  private header(effects: Pick<Effects, 'now' | 'random'>): RunHeader {
    const { pipeline, api } = this.context
    const startedAt = effects.now()
    const runId = runIdAt(startedAt, effects.random())
    return {
      runId: `${runId}-${workerName()}`,
      startedAt,
      pipeline: pipeline.name,
      simulated: api.simulated,
      host: api.host,
    }
  }

  private report(exitCode: number): WorkerReport {
    const { account, effects } = this.context
    const { sent, billed, maybeBilled, done } = this.tally
    effects.log(
      'info',
      `worker ended, exit ${exitCode}: ${plural(sent, 'call')}, ${plural(done, 'id')} done`,
      'worker_ended',
      {
        exit_code: exitCode,
      },
    )
    const stop = this.lastStop
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
}

/** A stop for which every worker of the account must stop, too. */
function isOfAccount(reason: StopReason): boolean {
  return !['signal', 'cap', 'unreachable'].includes(reason)
}

function stopOf(result: FetchResult | undefined): Stop | undefined {
  return result?.stop
}

function workerName(): string {
  return `${hostname()}-${process.pid}`
}
