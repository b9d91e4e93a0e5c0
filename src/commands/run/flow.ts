import { resolveApi } from '../../config/api.js'
import { liveEffects } from '../../core/effects.js'
import { exitCodeOf, messageOf } from '../../core/errors.js'
import { redactor } from '../../core/redact.js'
import { loadPipeline } from '../../model/pipeline.js'
import type { Receipt } from '../../model/receipt.js'
import { run } from '../../run/run.js'
import { stopSignal } from '../../terminal/stopSignal.js'
import { writeOut, writeText } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { summary } from './summary.js'
import { notify } from './webhook.js'

/** Runs the main job, and prints the summary, or the receipt with `--json`. */
export async function runFlow({ settings, token, logger, proxyFor, inputs }: Invocation): Promise<number> {
  const api = resolveApi(settings, proxyFor)
  if (api.warning) logger.log('warn', api.warning)
  if (api.way) logger.log('info', api.way)
  if (api.simulated) logger.log('info', 'simulated API: the people are invented, no token is used, no money is spent')
  const proxy = settings.notify === undefined ? undefined : proxyFor(new URL(settings.notify))
  if (proxy) logger.log('info', `the notification goes through the proxy ${proxy.shown} (${proxy.variable})`)
  const pipeline = await loadPipeline(settings.pipeline)
  const stop = stopSignal((name) =>
    logger.log('warn', `${name}: stopping in order; a second signal ends the process at once`),
  )
  try {
    const effects = liveEffects((level, message) => logger.log(level, message))
    const redact = redactor(token)
    const context = { inputs, settings, api, token, redact, pipeline, effects, logger, signal: stop.signal }
    const receipt = await withNotification(settings.notify, { ...effects, redact, proxy }, () => run(context))
    if (settings.json) writeOut(redact(`${JSON.stringify(receipt)}\n`))
    else writeText(redact(summary(receipt)))
    return receipt.exit_code
  } finally {
    stop.release()
  }
}

/** Does the work, and posts its receipt or error to the webhook, if one is given. */
async function withNotification(
  url: string | undefined,
  effects: Parameters<typeof notify>[2],
  work: () => Promise<Receipt>,
): Promise<Receipt> {
  if (url === undefined) return work()
  try {
    const receipt = await work()
    await notify(url, receipt, effects)
    return receipt
  } catch (error) {
    await notify(url, { exit_code: exitCodeOf(error), error: messageOf(error) }, effects)
    throw error
  }
}
