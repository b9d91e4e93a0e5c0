import { EXIT, UsageError } from '../../core/errors.js'
import { labelLine, plural } from '../../core/text.js'
import { collectSource, withCollectLock } from '../../fleet/collect.js'
import { collectableEnqueues } from '../../fleet/collectSql.js'
import { openFleetDatabase, type FleetDatabase } from '../../fleet/database.js'
import { checkOwner, readFleet } from '../../fleet/fleet.js'
import { findFleet } from '../../fleet/migrate.js'
import { dropLeftPartitions } from '../../fleet/partitions.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { startNow } from '../../run/startNow.js'
import { writeOut, writeText } from '../../terminal/print.js'
import { stopSignal } from '../../terminal/stopSignal.js'
import type { Invocation } from '../command.js'
import { perform } from '../run/perform.js'
import { summary } from '../run/summary.js'

/** Collects what each enqueue has landed, oldest first: a run of its own for each, because ages count from the enqueue. */
export async function collectFlow(invocation: Invocation): Promise<number> {
  const { settings, logger } = invocation
  const stop = stopSignal((name) => logger.log('warn', `${name}: stopping in order`, 'signal'))
  const database = await openFleetDatabase(settings.databaseUrl)
  try {
    if (!(await findFleet(database)))
      throw new UsageError(`PostgreSQL ${database.shown} holds no fleet: \`enqueue\` founds one`)
    return await withCollectLock(database, () => collectAll(invocation, database, stop.signal))
  } finally {
    stop.release()
    await database.close()
  }
}

async function collectAll(invocation: Invocation, database: FleetDatabase, signal: AbortSignal): Promise<number> {
  const { settings, redact, logger } = invocation
  await checkOwner(database, layoutOf(settings.data), settings.new)
  await dropLeftPartitions(database, { log: logger.log })
  const { simulated, host } = await readFleet(database)
  const enqueues = await collectableEnqueues(database)
  if (enqueues.length === 0 && !settings.quiet)
    if (settings.json) writeOut('{"collected":0}\n')
    else writeText(`nothing to collect: ${database.shown} holds no answer that is not in ${settings.data}\n`)
  let exitCode: number = EXIT.done
  for (const [at, { enqueue_no: enqueueNo, started_at, lists }] of enqueues.entries()) {
    let collected = 0
    const receipt = await perform({
      ...invocation,
      token: undefined,
      start: at === 0 ? invocation.start : startNow(),
      signal,
      api: { base: undefined, simulated, host, proxy: undefined, warning: undefined, way: undefined },
      source: collectSource(
        database,
        { enqueueNo, startedAt: Number(started_at), lists },
        (calls) => (collected = calls),
      ),
      onReceipt(made, timeZone) {
        if (settings.json) writeOut(redact(`${JSON.stringify({ ...made, collected })}\n`))
        else if (!settings.quiet)
          writeText(redact(`${labelLine('collected', plural(collected, 'call'))}\n${summary(made, timeZone)}`))
      },
    })
    exitCode = receipt.exit_code
    if (exitCode !== EXIT.done && exitCode !== EXIT.manyFailed) break
  }
  return exitCode
}
