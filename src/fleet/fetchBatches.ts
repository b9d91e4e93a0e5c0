import { messageOf } from '../core/errors.js'
import { runIdAt } from '../core/time.js'
import type { FetchEvent } from '../fetch/fetchAll.js'
import type { Stop } from '../fetch/stop.js'
import type { RunHeader } from '../model/call.js'
import type { StopReason } from '../model/outcome.js'
import { fetchPolicyOf } from '../run/runBudget.js'
import { stopAccount } from './accounts.js'
import { DatabaseAway } from './database.js'
import { LeaseLost } from './landingSql.js'
import { endSession, startSession } from './leases.js'
import { workerName, type OpenWorker } from './openWorker.js'
import { runSession } from './session.js'
import { shipSpool, spoolFolder } from './spool.js'

/**
 * One session of a worker, from its row in the database to its end: it fetches batches as long as there are any. What a stop of
 * the API means for the account is told to the database.
 * @param onEvent receives what happens, but for a session that ends for reasons of the fleet
 * @returns the stop that the API or a signal has caused
 * @throws whatever a worker cannot go on after
 */
export async function fetchBatches(
  worker: OpenWorker,
  onEvent: (event: FetchEvent) => void,
): Promise<Stop | undefined> {
  const { settings, account, pipeline, signal, database, layout, outage, delivery, learned } = worker
  const { lease: leaseMs } = settings
  await worker.clock.read(database)
  const header = headerOf(worker)
  const start = { sessionId: header.runId, account, worker: workerName(), folder: layout.data, leaseMs }
  const sessionNo = await startSession(database, start)
  const tell = (stop: Stop): Promise<void> => stopAccount(database, account, stop, pipeline.timeZone)
  let telling = Promise.resolve(false)
  const { result, failure, halt } = await runSession({
    ...worker,
    ...{ sessionNo, header, leaseMs, feed: delivery.feed, effects: worker.fleetEffects },
    spool: spoolFolder(layout),
    policy: fetchPolicyOf({ ...settings, rate: undefined }, {}),
    learned: learned.known,
    onEvent: (event) => {
      // A session that ends for our own reasons has them told elsewhere.
      const isOwnEnd = event.type === 'stopping' && event.stop.reason === 'signal' && !signal.aborted
      if (!isOwnEnd) onEvent(event)
      if (event.type === 'stopping' && isOfAccount(event.stop.reason))
        telling = tell(event.stop).then(
          () => true,
          () => false,
        )
    },
  })
  const stop = result?.stop
  // A person may let the account go on as soon as the stop is written: it is written once.
  let isTold = (await telling) || !stop || !(isOfAccount(stop.reason) || result.useless)
  if (result) await learned.keep(result.learned)
  if (failure instanceof DatabaseAway) outage.begin(failure)
  else if (failure instanceof LeaseLost)
    worker.effects.log('warn', `${messageOf(failure)}; the worker goes on with other batches`, 'lease_lost')
  if (failure ?? halt ?? stop) await delivery.stop()
  await outage.untilDone(async () => {
    // Answers that wait here land before the batches are given back: then they are not late.
    await shipSpool(database, spoolFolder(layout), worker.interpret, worker.effects)
    if (!isTold && stop) await tell(stop)
    isTold = true
    await endSession(database, sessionNo)
  })
  if (failure && !(failure instanceof DatabaseAway || failure instanceof LeaseLost)) throw failure
  return stop
}

function headerOf({ pipeline, api, fleetEffects }: OpenWorker): RunHeader {
  const startedAt = fleetEffects.now()
  const runId = `${runIdAt(startedAt, fleetEffects.random())}-${workerName()}`
  return { runId, startedAt, pipeline: pipeline.name, simulated: api.simulated, host: api.host }
}

/** A stop for which every worker of the account must stop, too. */
function isOfAccount(reason: StopReason): boolean {
  return !['signal', 'cap', 'unreachable'].includes(reason)
}
