import { stopSignal } from '../../terminal/stopSignal.js'
import { writeOut, writeText } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { reportError } from '../reportError.js'
import { perform } from './perform.js'
import { playNights } from './playNights.js'
import { summary } from './summary.js'

/** Runs the main job until a signal stops it, and prints the summary, or the receipt with `--json`. */
export async function runFlow(invocation: Invocation): Promise<number> {
  const { settings, logger, redact } = invocation
  const stop = stopSignal((name) =>
    logger.log('warn', `${name}: stopping in order; a second signal ends the process at once`, 'signal'),
  )
  let reported: number | undefined
  try {
    await playNights(invocation, stop.signal)
    const receipt = await perform({
      ...invocation,
      signal: stop.signal,
      onReceipt(made, timeZone) {
        if (settings.json) writeOut(redact(`${JSON.stringify(made)}\n`))
        else if (!settings.quiet) writeText(redact(summary(made, timeZone)))
      },
      onError: (error) => (reported = reportError(error, logger)),
    })
    return receipt.exit_code
  } catch (error) {
    // One that comes before the run begins is reported by the caller.
    if (reported === undefined) throw error
    return reported
  } finally {
    stop.release()
  }
}
