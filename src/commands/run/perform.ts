import { resolveApi } from '../../config/api.js'
import { liveEffects } from '../../core/effects.js'
import { exitCodeOf, messageOf } from '../../core/errors.js'
import { redactor } from '../../core/redact.js'
import { loadPipeline } from '../../model/pipeline.js'
import type { Receipt } from '../../model/receipt.js'
import { run } from '../../run/run.js'
import type { Invocation } from '../command.js'
import { eraseLeaving } from '../forget/eraseLeaving.js'
import { notify } from './webhook.js'

/** What the main job needs, from the command line or from another program. */
export interface Job extends Pick<Invocation, 'settings' | 'token' | 'logger' | 'proxyFor' | 'inputs'> {
  /** Its reason is the exit code. */
  readonly signal: AbortSignal
}

/**
 * Does the main job: logs where calls go, runs, and posts the end to the webhook, if one is given.
 * @returns the receipt as it is, with a token that the API may have echoed
 */
export async function perform({ settings, token, logger, proxyFor, inputs, signal }: Job): Promise<Receipt> {
  const api = resolveApi(settings, proxyFor)
  if (api.warning) logger.log('warn', api.warning)
  if (api.way) logger.log('info', api.way)
  if (api.simulated) logger.log('info', 'simulated API: the people are invented, no token is used, no money is spent')
  const proxy = settings.notify === undefined ? undefined : proxyFor(new URL(settings.notify))
  if (proxy) logger.log('info', `the notification goes through the proxy ${proxy.shown} (${proxy.variable})`)
  const pipeline = await loadPipeline(settings.pipeline)
  const effects = liveEffects((level, message) => logger.log(level, message))
  const redact = redactor(token)
  const erase = eraseLeaving
  const context = { inputs, settings, api, token, redact, pipeline, effects, logger, erase, signal }
  return withNotification(settings.notify, { ...effects, redact, proxy }, () => run(context))
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
