import { hostname } from 'node:os'
import { pathExists } from '../core/absent.js'
import { ActiveClock } from '../core/activeClock.js'
import type { Effects } from '../core/effects.js'
import { UsageError } from '../core/errors.js'
import type { Resources } from '../core/resources.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { takeLock } from '../dataFolder/lock.js'
import type { ApiClient } from '../fetch/http/apiClient.js'
import { openLearnedLimits, type LearnedLimitsStore } from '../fetch/limits/learnedLimits.js'
import { answerReader } from '../flatten/compile.js'
import type { Interpret } from '../model/outcome.js'
import type { RunContext } from '../run/context.js'
import { callToken, connectApi } from '../run/connectApi.js'
import { declareAccount } from './accounts.js'
import { openFleetDatabase, type FleetDatabase } from './database.js'
import { DatabaseClock } from './databaseClock.js'
import { Delivery, JOBS } from './delivery.js'
import { claimFleet } from './fleet.js'
import { GrantClock } from './grantClock.js'
import { migrateFleet } from './migrate.js'
import { Outage } from './outage.js'
import type { PermitTally } from './permits.js'

export interface WorkerContext extends Pick<
  RunContext,
  'settings' | 'api' | 'token' | 'redact' | 'pipeline' | 'effects' | 'signal'
> {
  readonly account: string
  /** End when no batch is open any more, or none may be fetched; else wait for more. */
  readonly untilEmpty: boolean
}

/** A worker that owns its folder and knows its fleet. */
export interface OpenWorker extends WorkerContext {
  readonly layout: Layout
  readonly database: FleetDatabase
  readonly delivery: Delivery
  readonly outage: Outage
  readonly upstream: ApiClient
  readonly interpret: Interpret
  readonly learned: LearnedLimitsStore
  readonly activeClock: ActiveClock
  readonly clock: DatabaseClock
  readonly grantClock: GrantClock
  readonly permitTally: PermitTally
  /** With the clock of the database. */
  readonly fleetEffects: Effects
}

/**
 * Takes the folder of a worker, joins the fleet, and declares the account.
 * @param isEnding whether the worker is about to end, so that nothing waits for a database that is away
 * @throws RunError with its exit code: nothing was sent
 */
export async function openWorker(
  context: WorkerContext,
  open: Resources,
  isEnding: () => boolean,
): Promise<OpenWorker> {
  const { settings, api, effects, account, pipeline, signal } = context
  const layout = layoutOf(settings.data)
  const token = callToken(context)
  if (token === undefined)
    throw new UsageError('no token: set JUSTONEAPI_TOKEN or give --token-file; the token is not in the database')
  if (pathExists(layout.raw))
    throw new UsageError(
      `${layout.data} is a data folder with answers in raw/, and a worker needs a folder of its own: give another one with --data`,
    )
  const lock = await takeLock(layout, 'nothing was sent')
  open.add(() => lock.release())
  const database = await openFleetDatabase(settings.databaseUrl)
  open.add(() => database.close())
  const forEngine = { connections: JOBS + 2, waits: () => !isEnding() && !signal.aborted }
  const engineDatabase = await openFleetDatabase(settings.databaseUrl, forEngine)
  open.add(() => engineDatabase.close())
  await migrateFleet(database)
  await claimFleet(database, { pipeline, simulated: api.simulated, host: api.host })
  const { rate: perSecond, budgetPerDay, price } = settings
  const dayCalls = budgetPerDay === undefined || price === 0 ? undefined : Math.floor(budgetPerDay / price + 1e-9)
  await declareAccount(database, { account, perSecond, dayCalls })
  const activeClock = new ActiveClock(effects)
  activeClock.start()
  open.add(() => activeClock.stop())
  const clock = new DatabaseClock(effects)
  const fleetEffects = { ...effects, now: () => clock.now() }
  const upstream = await connectApi({ ...context, effects: fleetEffects }, token, open)
  const learned = await openLearnedLimits(layout.learned, { host: api.host, token }, effects)
  effects.log('info', `worker ${workerName()} of account ${account}, database ${database.shown}`, 'worker_started', {
    account,
    database: database.shown,
  })
  return {
    ...context,
    ...{ layout, database, upstream, learned, activeClock, clock, fleetEffects },
    grantClock: new GrantClock(),
    permitTally: { waitedMs: 0, late: 0 },
    delivery: new Delivery(engineDatabase, effects, signal),
    outage: new Outage(database.shown, effects, signal),
    interpret: answerReader(pipeline).interpret,
  }
}

/** Host and process, for people. */
export function workerName(): string {
  return `${hostname()}-${process.pid}`
}
