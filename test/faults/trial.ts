import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { replayCommand } from '../../src/commands/replay/command.js'
import { replay } from '../../src/commands/replay/replay.js'
import { resolveSettings } from '../../src/config/settings.js'
import { all, type Database } from '../../src/core/duckdb.js'
import { liveEffects } from '../../src/core/effects.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { cli, type Ended } from '../support/cli.js'
import { TOKEN } from '../support/simulated.js'
import { filesBelow, KNOWN, Sandbox, type SandboxOptions } from './sandbox.js'
import { LONG } from './size.js'
import { comparableTables, differences, withPublished, type Tables } from './tables.js'

/** The figures of one trial, or of many. */
export interface Figures {
  trials: number
  /** Runs that did not end with code 0. */
  cutOff: number
  ids: number
  calls: number
  /** Ids whose charged answers are neither in the tables nor listed as ambiguous. */
  lost: number
  /** Ids charged more than once without an ambiguous call for it. */
  paidTwice: number
  ambiguous: number
}

export interface Verdict {
  readonly figures: Figures
  /** A line for each broken promise; empty: the trial has passed. */
  readonly breaches: string[]
}

export interface Expected {
  /** Exit codes of the runs under the fault, beside 0; default: that of SIGKILL. */
  readonly codes?: readonly number[]
  /** Whether a stopped run may publish a part of the list. */
  readonly partly?: boolean
  /** The most calls of one run that may be listed as unknown; default: the number of slots. */
  readonly unknown?: number
}

const KILLED = 137
const TOKEN_FORMS = [TOKEN, encodeURIComponent(TOKEN)]
/** After the fault the command must end with 0 within this many runs. */
const MAX_RUNS = 3

/**
 * Runs one trial in a fresh sandbox: the fault, then the same command until it ends with 0. Then it checks that nothing is
 * lost, nothing is paid twice except listed calls, the published files are whole at each step, the token is in no file or
 * output, each failed run prints one error line, and the tables equal those of an undisturbed run.
 * @param cause causes the fault; returns the ends of its runs
 */
export async function runTrial(
  options: SandboxOptions,
  cause: (sandbox: Sandbox) => Promise<Ended | readonly Ended[]>,
  expected: Expected = {},
): Promise<Verdict> {
  const sandbox = await Sandbox.open(options)
  const breaches: string[] = []
  const check = async (when: string): Promise<void> => {
    breaches.push(...(await brokenPublication(sandbox, expected.partly ?? false)).map((breach) => `${when}: ${breach}`))
  }
  try {
    const ended = [await cause(sandbox)].flat()
    breaches.push(...ended.flatMap((end) => badEnd(end, [0, ...(expected.codes ?? [KILLED])])))
    await check('after the fault')
    for (let tries = 0; tries === 0 || (ended.at(-1)!.code !== 0 && tries < MAX_RUNS); tries += 1) {
      ended.push(await sandbox.runAgain())
    }
    breaches.push(...badEnd(ended.at(-1)!, [0]))
    await check('at the end')
    if (breaches.length === 0) breaches.push(...(await wrongTables(sandbox)))
    breaches.push(...tokenIn(sandbox, ended))
    // The short form checks this in a part of its trials.
    if (LONG || options.start === 'empty') breaches.push(...(await wrongReplay(sandbox)))
    const account = await compareCharges(sandbox, breaches, expected.unknown ?? options.concurrency)
    const cutOff = ended.filter(({ code }) => code !== 0).length
    const figures = {
      trials: 1,
      cutOff,
      ids: options.ids.length,
      calls: sandbox.api.ledger.summary().calls,
      ...account,
    }
    return { figures, breaches }
  } finally {
    await sandbox.close()
  }
}

/** Checks that a replay of `raw/` alone gives the published tables. */
async function wrongReplay({ data }: Sandbox): Promise<string[]> {
  rmSync(join(data, 'state'), { recursive: true })
  const { code, stdout, stderr } = await checkedReplay(data)
  return code === 0 ? [] : [`a replay from raw/ alone ends with ${code}: ${stdout}${stderr}`]
}

async function checkedReplay(data: string): Promise<Ended> {
  if (LONG) return cli(['replay', '--check', '--data', data])
  const lines: string[] = []
  const effects = liveEffects((level, message) => lines.push(`${level}: ${message}`))
  const report = await replay(
    resolveSettings(replayCommand.options, { data, check: true }, []),
    await loadPipeline(undefined),
    effects,
  )
  return { code: report.exit_code, stdout: JSON.stringify(report), stderr: lines.join('\n') }
}

/** Checks the exit code, that a failure has exactly one error line, and that there is no stack trace. */
function badEnd({ code, stderr }: Ended, allowed: readonly number[]): string[] {
  const breaches = allowed.includes(code) ? [] : [`exit ${code}, expected ${allowed.join(' or ')}: ${stderr}`]
  const errors = stderr.split('\n').filter((line) => line.startsWith('error:'))
  const expected = code === 0 || code >= 128 ? 0 : 1
  if (errors.length !== expected) breaches.push(`exit ${code} with ${errors.length} error lines: ${stderr}`)
  if (/\n\s+at /.test(stderr)) breaches.push(`a stack: ${stderr}`)
  return breaches
}

/** Checks that the published files hold the old or the new run, whole, without a DuckDB log file beside them. */
async function brokenPublication(sandbox: Sandbox, partly: boolean): Promise<string[]> {
  const { data, options } = sandbox
  const old = options.start === 'published' ? KNOWN : undefined
  const all = options.ids.length
  const good = (rows: number | undefined): boolean =>
    rows === old || rows === all || (partly && rows !== undefined && rows >= (old ?? 0) && rows < all)
  const breaches: string[] = []
  const link = join(data, 'creators.duckdb')
  const rows = existsSync(link) ? await withPublished(link, countCreators).catch(String) : undefined
  if (typeof rows === 'string' || !good(rows))
    breaches.push(`${link}: ${rows} rows, neither the old run nor the new one`)
  const csv = join(data, 'exports', 'creators.csv')
  const lines = existsSync(csv) ? readCsv(csv).length : undefined
  if (!good(lines)) breaches.push(`${csv}: ${lines} rows, neither the old run nor the new one`)
  const logs = [...logsIn(data, false), ...logsIn(join(data, 'published'), true)]
  return [...breaches, ...logs.map((log) => `a write-ahead log beside the published file: ${log}`)]
}

async function countCreators({ connection }: Database): Promise<number> {
  return (await all<{ n: number }>(connection, 'SELECT count(*) AS n FROM creators'))[0]!.n
}

function logsIn(folder: string, recursive: boolean): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.wal')).map((name) => join(folder, name))
}

export function readCsv(path: string): Record<string, string>[] {
  return parse(readFileSync(path), { bom: true, columns: true })
}

/** Checks that the tables equal those of an undisturbed run, and that the exports hold each id once. */
async function wrongTables(sandbox: Sandbox): Promise<string[]> {
  const { data, options } = sandbox
  const wrong = differences(
    await withPublished(join(data, 'creators.duckdb'), comparableTables),
    await undisturbed(options),
  )
  for (const name of ['creators.csv', 'creators.enriched.csv']) {
    const ids = readCsv(join(data, 'exports', name)).map(({ user_id }) => user_id!)
    if (ids.sort().join() !== [...options.ids].sort().join())
      wrong.push(`${name} does not hold each id once: ${ids.join()}`)
  }
  return wrong
}

const known = new Map<string, Promise<Tables>>()
const keyOf = ({ ids, start }: SandboxOptions): string => JSON.stringify([ids, start])

/** The tables of an undisturbed run over the same ids. */
function undisturbed(options: SandboxOptions): Promise<Tables> {
  const { ids, start } = options
  const made = known.get(keyOf(options)) ?? runUndisturbed({ ids, start, concurrency: 8 })
  known.set(keyOf(options), made)
  return made
}

/**
 * Compares later trials over the same ids with the tables of this sandbox, in which an undisturbed run has just ended: a run
 * of their own is not needed.
 */
export async function compareWith({ data, options }: Sandbox): Promise<void> {
  const tables = await withPublished(join(data, 'creators.duckdb'), comparableTables)
  known.set(keyOf(options), Promise.resolve(tables))
}

async function runUndisturbed(options: SandboxOptions): Promise<Tables> {
  const sandbox = await Sandbox.open(options)
  try {
    const { code, stderr } = await sandbox.runAgain()
    if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${stderr}`)
    return await withPublished(join(sandbox.data, 'creators.duckdb'), comparableTables)
  } finally {
    await sandbox.close()
  }
}

/** Checks that no file and no output contains the token. */
function tokenIn({ folder, data }: Sandbox, ended: readonly Ended[]): string[] {
  const holds = (text: string | Buffer): boolean => TOKEN_FORMS.some((form) => text.includes(form))
  const files = [...new Set([...filesBelow(folder), ...filesBelow(data)])].filter((path) => holds(readFileSync(path)))
  const outputs = ended.filter(({ stdout, stderr }) => holds(stdout + stderr)).map(() => 'an output')
  return [...files, ...outputs].map((place) => `the token is in ${place}`)
}

interface Account {
  readonly user_id: string
  readonly answers: number
  readonly ambiguous: number
}

/** Stored answers and ambiguous calls, by id. An empty answer adds no counters row, but sets the status. */
const ACCOUNTS = `
SELECT
  user_id,
  greatest(
    (SELECT count(*) FROM creator_counters c WHERE c.user_id = creators.user_id),
    CASE WHEN status = 'empty' THEN 1 ELSE 0 END
  ) AS answers,
  (SELECT count(*) FROM ambiguous_calls a WHERE a.user_id = creators.user_id) AS ambiguous
FROM creators`

const CRASHES = `SELECT count(*) AS calls FROM ambiguous_calls WHERE reason = 'unknown' GROUP BY run_id`

/** Checks that each charge in the ledger is an answer in the tables, or a call listed as ambiguous. */
async function compareCharges(
  sandbox: Sandbox,
  breaches: string[],
  mostUnknown: number,
): Promise<Pick<Figures, 'lost' | 'paidTwice' | 'ambiguous'>> {
  const { api, data, options } = sandbox
  const link = join(data, 'creators.duckdb')
  if (!existsSync(link)) {
    breaches.push('nothing is published at the end')
    return { lost: options.ids.length, paidTwice: 0, ambiguous: 0 }
  }
  const { accounts, crashes } = await withPublished(link, async ({ connection }) => ({
    accounts: await all<Account>(connection, ACCOUNTS),
    crashes: await all<{ calls: number }>(connection, CRASHES),
  }))
  const byId = new Map(accounts.map((account) => [account.user_id, account]))
  let [lost, paidTwice] = [0, 0]
  for (const [id, charges] of api.ledger.chargesById()) {
    const { answers, ambiguous } = byId.get(id) ?? { answers: 0, ambiguous: 0 }
    if (charges <= answers + ambiguous) continue
    if (answers === 0) lost += 1
    if (charges > 1) paidTwice += 1
    breaches.push(`${id}: charged ${charges} times, ${answers} answers stored, ${ambiguous} ambiguous calls listed`)
  }
  for (const { calls } of crashes) {
    if (calls > mostUnknown) breaches.push(`a crash left ${calls} calls unknown, at most ${mostUnknown} are allowed`)
  }
  return { lost, paidTwice, ambiguous: accounts.reduce((sum, { ambiguous }) => sum + ambiguous, 0) }
}
