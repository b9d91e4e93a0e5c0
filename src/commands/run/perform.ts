import { resolveApi, type Api } from '../../config/api.js'
import { exposedToken } from '../../config/exposedToken.js'
import { nameSource, withPrice } from '../../config/settings.js'
import { plainCommands } from '../../core/commandText.js'
import { liveEffects } from '../../core/effects.js'
import { exitCodeOf } from '../../core/errors.js'
import { withDatabaseLimits } from '../../core/memory.js'
import { redactor } from '../../core/redact.js'
import { layoutOf } from '../../dataFolder/layout.js'
import type { RunStatus } from '../../dataFolder/runStatus.js'
import { idHider } from '../../model/hideIds.js'
import type { Receipt } from '../../model/receipt.js'
import type { CallSource } from '../../run/callSource.js'
import { closingOfFailure, closingOfReceipt, moneyOfStatus } from '../../run/closingLine.js'
import type { RunContext } from '../../run/context.js'
import { couldNotStart } from '../../run/lastStart.js'
import { run } from '../../run/run.js'
import type { Invocation } from '../command.js'
import { withAnnouncement } from './announcedSimulator.js'
import { errorText } from '../reportError.js'
import { tellNotStarted } from './notStarted.js'
import { tellEnd } from './tellEnd.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** What the main job needs, from the command line or from another program. */
export interface Job extends Pick<
  Invocation,
  'settings' | 'config' | 'token' | 'tokenPath' | 'logger' | 'proxyFor' | 'inputs' | 'start'
> {
  /** Its reason is the exit code. */
  readonly signal: AbortSignal
  /** Where the answers come from; absent: from the API. */
  readonly source?: CallSource
  /** The API that the answers come from, if they do not come from that of the settings now. */
  readonly api?: Api
  /** A simulated clock. */
  readonly now?: () => number
  /** Gets the receipt or the error before others are told, and the zone of the pipeline's days. */
  readonly onReceipt?: (receipt: Receipt, timeZone: string) => void
  readonly onError?: (error: unknown) => void
}

const INVENTED = 'the people are invented, no token is needed, no money is spent'

/**
 * Does the main job: logs where calls go, runs, and tells how the run ended, to the log and to the webhook, if one is given.
 * @returns the receipt as it is, with a token that the API may have echoed
 */
export async function perform(job: Job): Promise<Receipt> {
  const { config, token, logger, proxyFor, inputs, signal, start } = job
  const configFile = config.file
  const pipeline = await withDatabaseLimits(job.settings, () => pipelineFor(job.settings))
  const settings = withPrice(job.settings, pipeline)
  const given = job.api ?? resolveApi(settings, pipeline.vendor, proxyFor)
  // With a token the calls are meant for a real API, and nothing but calls goes there.
  const api = token === undefined && job.api === undefined ? await withAnnouncement(given) : given
  const exposed = api.simulated ? undefined : exposedToken(job.tokenPath)
  if (exposed !== undefined) logger.log('warn', exposed, 'token_exposed')
  if (api.warning) logger.log('warn', api.warning, 'plain_http')
  if (api.way) logger.log('info', api.way, 'api_host', { host: api.host })
  if (api.simulated) logger.log('info', `simulated API${api.base ? ` at ${api.host}` : ''}: ${INVENTED}`, 'simulated')
  const proxy = settings.notify === undefined ? undefined : proxyFor(new URL(settings.notify))
  if (proxy) {
    const { shown, variable } = proxy
    logger.log('info', `the notification goes through the proxy ${shown} (${variable})`, 'notify_proxy')
  }
  logger.withoutIds(idHider(pipeline))
  const effects = { ...liveEffects(logger.log), ...(job.now && { now: job.now }) }
  const redact = redactor(token)
  const erase: RunContext['erase'] = async (...erasure) =>
    (await import('../forget/eraseLeaving.js')).eraseLeaving(...erasure)
  let last: RunStatus | undefined
  const onFailure = (status: RunStatus | undefined): void => void (last = status)
  const context = {
    inputs,
    settings,
    configFile,
    api,
    token,
    redact,
    pipeline,
    effects,
    logger,
    erase,
    signal,
    start,
    onFailure,
  }
  let receipt: Receipt
  try {
    receipt = await withDatabaseLimits(settings, () => run(context, job.source))
  } catch (error) {
    nameSource(error, settings)
    job.onError?.(error)
    const exitCode = exitCodeOf(error)
    if (last && !couldNotStart(exitCode, last)) await tellFailure(job, { ...context, last }, exitCode, errorText(error))
    else await tellNotStarted({ ...job, redact }, exitCode, errorText(error))
    throw error
  }
  job.onReceipt?.(receipt, pipeline.timeZone)
  await tellEnd(job, redact, { end: receipt, closing: (warnings) => closingOfReceipt(receipt, warnings) })
  return receipt
}

/** Tells that a run failed after it had started. */
async function tellFailure(
  job: Job,
  { settings, api, pipeline, last }: Pick<RunContext, 'settings' | 'api' | 'pipeline'> & { readonly last: RunStatus },
  exitCode: number,
  error: string,
): Promise<void> {
  const { simulated } = api
  const { run_id, lists, billed, maybe_billed: maybeBilled, calls: sent = 0 } = last
  const { price, data } = settings
  const { currency } = pipeline.vendor
  const money = moneyOfStatus(last, price)
  const failed = { status: last, calls: { sent, billed, maybeBilled }, money, currency, simulated }
  await tellEnd(job, redactor(job.token), {
    end: {
      run_id,
      exit_code: exitCode,
      error: plainCommands(error),
      data: layoutOf(data).data,
      lists: lists.map((list) => ({ list })),
    },
    closing: (warnings) => closingOfFailure(failed, exitCode, warnings),
  })
}
