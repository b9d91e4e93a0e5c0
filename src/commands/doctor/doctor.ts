import { resolveApi, type Api } from '../../config/api.js'
import { exposedToken } from '../../config/exposedToken.js'
import { nameSource, type Settings } from '../../config/settings.js'
import type { ProxyRule } from '../../config/proxy.js'
import { EXIT, exitCodeOf, messageOf, UsageError } from '../../core/errors.js'
import { isOpen } from '../../dataFolder/isClosed.js'
import { layoutOf } from '../../dataFolder/layout.js'
import type { FoundConfig } from '../command.js'
import { ok, warn, type Check, type CheckResult } from './check.js'
import { configCheck } from './configCheck.js'
import { checkCertificate, checkClock, checkNetwork, checkProxy } from './connection.js'
import { checkFleet } from './fleetCheck.js'
import { folderNeeds } from './folderNeeds.js'
import { checkDatabase, checkLock, folderVersions } from './folderState.js'
import { checkFolder, checkLogFile, checkMemory, checkNode, checkPrograms, checkSpace } from './machine.js'
import { reach } from './reach.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

export interface DoctorJob {
  readonly settings: Settings
  /** @throws UsageError when the token cannot be read, or cannot be a token */
  readonly readToken: () => string | undefined
  /** The file that holds the token, if one does. */
  readonly tokenPath?: string | undefined
  /** None is used if absent. */
  readonly proxyFor?: ProxyRule
  /** Absent: there is no config file. */
  readonly config?: FoundConfig
  readonly now: () => number
}

const TIMEOUT_MS = 10_000

/**
 * Checks everything that a run needs, without a call: the token is not sent, and nothing is changed. The API's host gets one
 * `HEAD` request for its root.
 */
export async function doctor({
  settings,
  readToken,
  tokenPath,
  proxyFor,
  config,
  now,
}: DoctorJob): Promise<DoctorReport> {
  const layout = layoutOf(settings.data)
  const checks: Check[] = []
  const check = async (
    name: string,
    look: () => CheckResult | Promise<CheckResult>,
    exitCode: number = EXIT.bug,
  ): Promise<void> => {
    try {
      checks.push({ name, ...(await look()) })
    } catch (error) {
      nameSource(error, settings)
      const code = exitCodeOf(error)
      checks.push({ name, verdict: 'fail', said: messageOf(error), exit_code: code === EXIT.bug ? exitCode : code })
    }
  }
  await check('node', checkNode)
  await check('versions', checkPrograms, EXIT.local)
  await check('memory', () => checkMemory())
  const ofFolder = (look: () => Promise<CheckResult>) => () => (isOpen(layout) ? look() : warn('not known, see folder'))
  await check(
    'config',
    ofFolder(() => configCheck(settings, config)),
  )
  await check('folder', () => checkFolder(layout), EXIT.local)
  await check('space', () => checkSpace(layout), EXIT.local)
  await check('log', () => checkLogFile(settings), EXIT.local)
  await check(
    'lock',
    ofFolder(() => checkLock(layout)),
  )
  await check(
    'database',
    ofFolder(() => checkDatabase(layout, settings)),
    EXIT.local,
  )
  // One failure is one line: what cannot be opened is not opened again.
  const opens = checks.at(-1)!.exit_code !== EXIT.local
  await check('written', () => (opens ? folderVersions(layout) : warn('not known, see database')), EXIT.local)
  await check(
    'next',
    ofFolder(() => folderNeeds(layout, opens)),
    EXIT.local,
  )
  const { databaseUrl } = settings
  if (databaseUrl !== undefined) await check('fleet', () => checkFleet(databaseUrl, now), EXIT.local)
  await check('token', () => token(settings, readToken, tokenPath))
  const { api, error } = await apiOf(settings, proxyFor)
  const connected = api?.base && (await reach(api.base, api.proxy, TIMEOUT_MS, now))
  const shown = (look: (api: Api) => CheckResult) => () => (api ? look(api) : warn('not known, see network'))
  await check(
    'proxy',
    shown((way) => checkProxy(way, connected)),
    EXIT.unreachable,
  )
  await check('network', () => (api ? checkNetwork(api, connected) : Promise.reject(error)), EXIT.unreachable)
  await check(
    'certificate',
    shown((way) => checkCertificate(way, connected, now())),
    EXIT.unreachable,
  )
  const zone = async (): Promise<string> => (await pipelineFor(settings)).timeZone
  await check('clock', async () => checkClock(layout, connected, now(), await zone(), opens), EXIT.local)
  const failed = checks.find(({ verdict }) => verdict === 'fail')
  return { data: layout.data, exit_code: failed?.exit_code ?? EXIT.done, checks }
}

async function apiOf(
  settings: Settings,
  proxyFor: ProxyRule | undefined,
): Promise<{ api: Api; error?: undefined } | { api?: undefined; error: Error }> {
  try {
    return { api: resolveApi(settings, (await pipelineFor(settings)).vendor, proxyFor) }
  } catch (error) {
    return { error: error as Error }
  }
}

function token(settings: Settings, readToken: () => string | undefined, path: string | undefined): CheckResult {
  if (settings.api === 'simulated') return ok('none is needed for simulated data')
  const place = settings.tokenFile === undefined ? 'JUSTONEAPI_TOKEN' : settings.tokenFile
  if (readToken() !== undefined) {
    const found = `${place} holds one, well-formed; only a call shows whether the API accepts it`
    const exposed = exposedToken(path)
    return exposed === undefined ? ok(found) : warn(`${found}; ${exposed}`)
  }
  throw new UsageError(`none: set JUSTONEAPI_TOKEN (environment or .env), or give --token-file`)
}

/** What `doctor --json` prints. */
export interface DoctorReport {
  readonly data: string
  /** The code of the first failure, else 0. */
  readonly exit_code: number
  readonly checks: readonly Check[]
}

/** A longer name would leave the text too little room. */
const SHORT: Readonly<Record<string, string>> = { certificate: 'cert' }

/** Reasons of other programs may have several lines. */
function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}

/** The report as text, one line for each check. */
export function doctorText({ checks }: DoctorReport): string {
  return checks
    .map(({ name, verdict, said }) => `${verdict.padEnd(6)}${(SHORT[name] ?? name).padEnd(10)}${oneLine(said)}\n`)
    .join('')
}
