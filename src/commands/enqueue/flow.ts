import { labelLine, plural } from '../../core/text.js'
import { openFleetDatabase } from '../../fleet/database.js'
import { enqueueSource, type Queued } from '../../fleet/enqueue.js'
import { migrateFleet } from '../../fleet/migrate.js'
import { writeOut, writeText } from '../../terminal/print.js'
import { stopSignal } from '../../terminal/stopSignal.js'
import type { Invocation } from '../command.js'
import { perform } from '../run/perform.js'
import { summary } from '../run/summary.js'

/** Reads and plans as a run, puts the due ids into the queue, and publishes the lists with their rows as they stand now. */
export async function enqueueFlow(invocation: Invocation): Promise<number> {
  const { settings, logger, redact } = invocation
  const stop = stopSignal((name) => logger.log('warn', `${name}: stopping in order`, 'signal'))
  const database = await openFleetDatabase(settings.databaseUrl)
  try {
    await migrateFleet(database)
    let queued: Queued = { ids: 0, batches: 0, known: 0 }
    const receipt = await perform({
      ...invocation,
      signal: stop.signal,
      source: enqueueSource(database, settings.batch, (put) => (queued = put)),
      onReceipt(made, timeZone) {
        if (settings.json) writeOut(redact(`${JSON.stringify({ ...made, queued })}\n`))
        else if (!settings.quiet) writeText(redact(`${queuedText(queued, database.shown)}${summary(made, timeZone)}`))
      },
    })
    return receipt.exit_code
  } finally {
    stop.release()
    await database.close()
  }
}

function queuedText({ ids, batches, known }: Queued, database: string): string {
  const lines = [
    labelLine('queued', `${plural(ids, 'id')} in ${plural(batches, 'batch', 'batches')}, in ${database}`),
    ...(known === 0 ? [] : [labelLine('', `${plural(known, 'due id')} in the queue already`)]),
  ]
  return `${lines.join('\n')}\n`
}
