import { access, constants, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pathExists } from '../../core/absent.js'
import { resolveApi, type Api } from '../../config/api.js'
import type { Settings } from '../../config/options.js'
import type { ProxyRule } from '../../config/proxy.js'
import { commandText } from '../../core/commandText.js'
import { first, openDatabase } from '../../core/duckdb.js'
import { BusyError, EXIT, exitCodeOf, messageOf, UsageError } from '../../core/errors.js'
import { localTime } from '../../core/time.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import { BYTES_AN_ID, checkFolders, foldersOf } from '../../dataFolder/preflight.js'
import { readRunState } from '../../dataFolder/runStatus.js'
import { migrations } from '../../load/schema/migrations/all.js'
import { withPublished } from '../../publish/openPublished.js'
import type { FoundConfig } from '../command.js'
import { configCheck } from './configCheck.js'
import { reach } from './reach.js'

export interface DoctorJob {
  readonly settings: Settings
  /** @throws UsageError when the token cannot be read, or cannot be a token */
  readonly readToken: () => string | undefined
  /** None is used if absent. */
  readonly proxyFor?: ProxyRule
  /** Absent: there is no config file. */
  readonly config?: FoundConfig
  readonly now: () => number
}

type CheckResult = Omit<Check, 'name'>

const LEAST_NODE = [20, 19] as const
/** With less free space the first thousand ids may not fit. */
const LITTLE_SPACE = 100e6
const TIMEOUT_MS = 10_000
/** Clocks may differ by this much without harm. */
const TOLERANCE_MS = 300_000
/** No release is older: a clock that shows an earlier time is wrong. */
const RELEASED = Date.parse('2026-01-01')

/** Checks everything that a run needs, without a call: the token is not sent, and nothing is changed. */
export async function doctor({ settings, readToken, proxyFor, config, now }: DoctorJob): Promise<DoctorReport> {
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
      const code = exitCodeOf(error)
      checks.push({ name, verdict: 'fail', said: messageOf(error), exit_code: code === EXIT.bug ? exitCode : code })
    }
  }
  await check('node', nodeVersion)
  await check('config', async () => ok(await configCheck(settings, config)))
  await check('folder', () => folder(layout), EXIT.local)
  await check('space', () => space(layout), EXIT.local)
  await check('lock', () => lock(layout))
  await check('database', () => database(layout, settings), EXIT.local)
  await check('token', () => token(settings, readToken))
  await check('network', () => network(resolveApi(settings, proxyFor)), EXIT.unreachable)
  await check('clock', () => clock(layout, now()), EXIT.local)
  const failed = checks.find(({ verdict }) => verdict === 'fail')
  return { data: layout.data, exit_code: failed?.exit_code ?? EXIT.done, checks }
}

const ok = (said: string): CheckResult => ({ verdict: 'ok', said })
const warn = (said: string): CheckResult => ({ verdict: 'warn', said })

function nodeVersion(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return ok(process.versions.node)
  throw new UsageError(`${process.versions.node} is too old: install Node ${LEAST_NODE.join('.')} or newer`)
}

/** Only existing folders are tried out: the first run makes the others. */
async function folder(layout: Layout): Promise<CheckResult> {
  if (pathExists(layout.data)) {
    await checkFolders([layout.data, ...foldersOf(layout)].filter((path) => pathExists(path)))
    return ok(`${layout.data} can be written`)
  }
  const parent = existing(layout.data)
  await access(parent, constants.W_OK).catch((cause: unknown) => {
    throw new Error(`${parent} cannot be written (${messageOf(cause)}): make it writable, or give another --data`, {
      cause,
    })
  })
  return ok(`${layout.data} does not exist yet, and can be made`)
}

function existing(path: string): string {
  return pathExists(path) ? path : existing(dirname(path))
}

async function space({ data }: Layout): Promise<CheckResult> {
  const { bavail, bsize } = await statfs(existing(data))
  const free = bavail * bsize
  const room = `${(free / 1e9).toFixed(1)} GB free, room for about ${Math.floor(free / BYTES_AN_ID).toLocaleString('en-US')} ids`
  return free < LITTLE_SPACE ? warn(`${room}: make room`) : ok(room)
}

async function lock(layout: Layout): Promise<CheckResult> {
  if (pathExists(layout.lock)) (await takeLock(layout)).release()
  const { isCutOff } = readRunState(layout)
  if (isCutOff)
    return warn('free; the last run was cut off: run the same command again, which first loads the paid answers')
  return ok('free: no run is on')
}

async function database(layout: Layout, { api }: Settings): Promise<CheckResult> {
  if (!pathExists(layout.database)) return ok('none yet: the first run makes it')
  const about = await withPublished(layout, (connection) =>
    first<{ pipeline: string; simulated: boolean | null; schema_version: number; duckdb: string }>(
      connection,
      'SELECT pipeline, simulated, schema_version, version() AS duckdb FROM data_folder',
    ),
  )
  if (about === undefined)
    throw new Error(
      `${layout.database} has no row in data_folder: run \`${commandText(['replay', '--data', layout.data])}\``,
    )
  const { pipeline, simulated, schema_version: schema, duckdb } = about
  if (schema > migrations.length) {
    throw new Error(`${layout.database} was made by a newer creator-enrich (schema ${schema}): use that version`)
  }
  if (simulated !== null && simulated !== (api === 'simulated')) {
    const [holds, given] = simulated ? ['simulated', 'real'] : ['real', 'simulated']
    throw new UsageError(
      `${layout.data} holds ${holds} data and takes no ${given} data: give another --data, or another --api`,
    )
  }
  await openWorking(layout)
  const kind = simulated ? 'SIMULATED DATA' : 'real data'
  return ok(`opens (DuckDB ${duckdb.replace('v', '')}, schema ${schema} of ${migrations.length}, ${pipeline}, ${kind})`)
}

/** Opens the working database, unless a run has it open. */
async function openWorking(layout: Layout): Promise<void> {
  if (!pathExists(layout.warehouse)) return
  let held
  try {
    held = await takeLock(layout)
  } catch (error) {
    if (error instanceof BusyError) return
    throw error
  }
  try {
    const working = await openDatabase(layout.warehouse, { readOnly: true })
    await first(working.connection, 'SELECT schema_version FROM data_folder').finally(() => working.close())
  } catch (cause) {
    throw new Error(
      `${layout.warehouse} cannot be opened (${messageOf(cause).split('\n')[0]}): the next run rebuilds it with no call`,
      { cause },
    )
  } finally {
    held.release()
  }
}

function token(settings: Settings, readToken: () => string | undefined): CheckResult {
  if (settings.api === 'simulated') return ok('none is needed for simulated data')
  const place = settings.tokenFile === undefined ? 'JUSTONEAPI_TOKEN' : settings.tokenFile
  if (readToken() !== undefined)
    return ok(`${place} holds one, well-formed; only a call shows whether the API accepts it`)
  throw new UsageError(`none: set JUSTONEAPI_TOKEN (environment or .env), or give --token-file`)
}

async function network({ base, host, proxy, warning, way }: Api): Promise<CheckResult> {
  if (base === undefined) return ok('none is needed for simulated data')
  const { address, ms, protocol } = await reach(base, proxy, TIMEOUT_MS)
  const connected = `${host} (${address ?? 'the proxy finds it'}) connected in ${Math.round(ms)} ms`
  const secured = protocol ? `, ${protocol}, certificate valid` : ''
  const found = [connected + secured, way, warning].filter((part) => part !== undefined).join('; ')
  return warning === undefined ? ok(found) : warn(found)
}

async function clock(layout: Layout, now: number): Promise<CheckResult> {
  const shown = `${localTime(now)} on this machine`
  if (now < RELEASED) throw new Error(`${shown} is before this version was made: set the clock`)
  const latest = pathExists(layout.database)
    ? await withPublished(layout, (connection) =>
        first<{ at: number | null }>(connection, 'SELECT max(last_attempt_at) AS at FROM creators'),
      )
    : undefined
  if (latest?.at && latest.at > now + TOLERANCE_MS) {
    throw new Error(
      `${shown}, but an answer in this folder is dated ${localTime(latest.at)}: set the clock, as the ages depend on it; if it is right, the next run finds that it was wrong then, and fetches those ids once more`,
    )
  }
  return ok(shown)
}

/** The check of one thing that a run needs. */
export interface Check {
  readonly name: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do about it. */
  readonly said: string
  /** The code that a run would end with; only of a failure. */
  readonly exit_code?: number
}

/** What `doctor --json` prints. */
export interface DoctorReport {
  readonly data: string
  /** The code of the first failure, else 0. */
  readonly exit_code: number
  readonly checks: readonly Check[]
}

/** The report as text, one line for each check. */
export function doctorText({ checks }: DoctorReport): string {
  return checks.map(({ name, verdict, said }) => `${verdict.padEnd(6)}${name.padEnd(10)}${said}\n`).join('')
}
