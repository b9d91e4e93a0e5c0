import { redactor } from '../../core/redact.js'
import { stopSignal } from '../../terminal/stopSignal.js'
import { writeOut, writeText } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { perform } from './perform.js'
import { summary } from './summary.js'

/** Runs the main job until a signal stops it, and prints the summary, or the receipt with `--json`. */
export async function runFlow(invocation: Invocation): Promise<number> {
  const { settings, token, logger } = invocation
  const stop = stopSignal((name) =>
    logger.log('warn', `${name}: stopping in order; a second signal ends the process at once`, 'signal'),
  )
  try {
    const receipt = await perform({ ...invocation, signal: stop.signal })
    const redact = redactor(token)
    if (settings.json) writeOut(redact(`${JSON.stringify(receipt)}\n`))
    else writeText(redact(summary(receipt)))
    return receipt.exit_code
  } finally {
    stop.release()
  }
}
