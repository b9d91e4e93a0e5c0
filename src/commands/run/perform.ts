import { resolveApi } from '../../config/api.js'
import { liveEffects } from '../../core/effects.js'
import { exitCodeOf, messageOf } from '../../core/errors.js'
import { redactor } from '../../core/redact.js'
import type { RunStart } from '../../model/call.js'
import { idHider } from '../../model/hideIds.js'
import { loadPipeline } from '../../model/pipeline.js'
import type { Receipt } from '../../model/receipt.js'
import { run } from '../../run/run.js'
import type { Invocation } from '../command.js'
import { eraseLeaving } from '../forget/eraseLeaving.js'
import { notify } from './webhook.js'

const SIMULATED = 'simulated API: the people are invented, no token is used, no money is spent'

/** What the main job needs, from the command line or from another program. */
export interface Job extends Pick<Invocation, 'settings' | 'token' | 'logger' | 'proxyFor' | 'inputs'> {
  /** Its reason is the exit code. */
  readonly signal: AbortSignal
  /** Absent where no log names the run before it has its folder. */
  readonly start?: RunStart
}

/**
 * Does the main job: logs where calls go, runs, and posts the end to the webhook, if one is given.
 * @returns the receipt as it is, with a token that the API may have echoed
 */
export async function perform({ settings, token, logger, proxyFor, inputs, signal, start }: Job): Promise<Receipt> {
  const api = resolveApi(settings, proxyFor)
  if (api.warning) logger.log('warn', api.warning, 'plain_http')
  if (api.way) logger.log('info', api.way, 'api_host', { host: api.host })
  if (api.simulated) logger.log('info', SIMULATED, 'simulated')
  const proxy = settings.notify === undefined ? undefined : proxyFor(new URL(settings.notify))
  if (proxy) {
    const { shown, variable } = proxy
    logger.log('info', `the notification goes through the proxy ${shown} (${variable})`, 'notify_proxy')
  }
  const pipeline = await loadPipeline(settings.pipeline)
  logger.withoutIds(idHider(pipeline))
  const effects = liveEffects(logger.log)
  const redact = redactor(token)
  const erase = eraseLeaving
  const context = { inputs, settings, api, token, redact, pipeline, effects, logger, erase, signal, start }
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
