import { resolveApi, type Api } from '../../config/api.js'
import { exposedToken } from '../../config/exposedToken.js'
import { withPrice, type Settings } from '../../config/settings.js'
import { liveEffects } from '../../core/effects.js'
import { UsageError } from '../../core/errors.js'
import { count, labelLine, plural } from '../../core/text.js'
import { resumeFleet, stopFleet } from '../../fleet/accounts.js'
import { openFleetDatabase, type FleetDatabase } from '../../fleet/database.js'
import { findFleet } from '../../fleet/migrate.js'
import { runWorker } from '../../fleet/worker.js'
import type { WorkerReport } from '../../fleet/workerProgress.js'
import { idHider } from '../../model/hideIds.js'
import type { Pipeline } from '../../model/pipeline.js'
import { namedPipeline } from '../../publish/ownPipeline.js'
import { print } from '../../terminal/print.js'
import { stopSignal } from '../../terminal/stopSignal.js'
import type { Invocation } from '../command.js'
import { withAnnouncement } from '../run/announcedSimulator.js'

/** Takes batches until a signal comes, or with `--until-empty` until there are none. */
export async function workerFlow(invocation: Invocation): Promise<number> {
  const { settings: given, logger, redact, token, tokenPath } = invocation
  const stop = stopSignal((name) =>
    logger.log('warn', `${name}: stopping in order; a second signal ends the process at once`, 'signal'),
  )
  try {
    const pipeline = await namedPipeline(given.pipeline)
    const settings = withPrice(given, pipeline)
    const api = await apiOf(settings, pipeline, invocation)
    const exposed = api.simulated ? undefined : exposedToken(tokenPath)
    if (exposed !== undefined) logger.log('warn', exposed, 'token_exposed')
    if (api.warning) logger.log('warn', api.warning, 'plain_http')
    if (api.way) logger.log('info', api.way, 'api_host', { host: api.host })
    logger.withoutIds(idHider(pipeline))
    const report = await runWorker({
      ...{ settings, api, token, redact, pipeline, signal: stop.signal },
      effects: liveEffects(logger.log),
      account: settings.account,
      untilEmpty: settings.untilEmpty ?? false,
    })
    if (settings.json || !settings.quiet) print(settings, report, () => workerText(report))
    return report.exit_code
  } finally {
    stop.release()
  }
}

async function apiOf(settings: Settings, { vendor }: Pipeline, { token, proxyFor }: Invocation): Promise<Api> {
  const api = resolveApi(settings, vendor, proxyFor)
  // With a token the calls are meant for a real API, and nothing but calls goes there.
  return token === undefined ? withAnnouncement(api) : api
}

function workerText({ account, calls, billed, maybe_billed, done, stop }: WorkerReport): string {
  const lines = [
    labelLine('worker', `of account ${account}: ${plural(done, 'id')} done`),
    labelLine('calls', `${count(calls)}: ${count(billed)} billed, ${count(maybe_billed)} maybe`),
    ...(stop ? [labelLine('stopped', `${stop.reason} (${stop.code}): ${stop.message}`)] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** Stops every worker. */
export async function stopFlow({ settings }: Invocation): Promise<number> {
  return inFleet(settings.databaseUrl, async (database) => {
    await stopFleet(database)
    print(
      settings,
      { stopped: true },
      () => `the fleet of ${database.shown} is stopped; \`worker resume\` lets it go on\n`,
    )
  })
}

/** Lets every worker go on. */
export async function resumeFlow({ settings }: Invocation): Promise<number> {
  return inFleet(settings.databaseUrl, async (database) => {
    const accounts = await resumeFleet(database)
    const of = accounts.length === 0 ? '' : `, with the accounts that were stopped: ${accounts.join(', ')}`
    print(settings, { stopped: false, accounts }, () => `the fleet of ${database.shown} goes on${of}\n`)
  })
}

async function inFleet(url: string | undefined, work: (database: FleetDatabase) => Promise<void>): Promise<number> {
  const database = await openFleetDatabase(url)
  try {
    if (!(await findFleet(database)))
      throw new UsageError(`PostgreSQL ${database.shown} holds no fleet: \`enqueue\` or a worker founds one`)
    await work(database)
    return 0
  } finally {
    await database.close()
  }
}
