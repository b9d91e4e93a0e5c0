import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { replay } from '../../src/commands/replay/replay.js'
import { resolveSettings } from '../../src/config/options.js'
import { all, type Database } from '../../src/core/duckdb.js'
import { liveEffects } from '../../src/core/effects.js'
import { loadPipeline } from '../../src/model/loadPipeline.js'
import { cli, type Ended } from '../support/cli.js'
import { TOKEN } from '../support/simulated.js'
import { LONG } from './size.js'
import { comparableTables, differences, withPublished, type Tables } from './tables.js'
import { filesBelow, KNOWN, World, type WorldOptions } from './sandbox.js'

/** What a trial, or many of them, came to. */
export interface Figures {
  trials: number
  /** Runs that ended otherwise than by themselves with code 0. */
  cutOff: number
  ids: number
  calls: number
  /** Answers that were charged and are neither in the tables nor listed as ambiguous. */
  lost: number
  /** Ids charged again for which no ambiguous call is listed. */
  paidTwice: number
  ambiguous: number
}

export interface Verdict {
  readonly figures: Figures
  /** Every promise that was broken, in words; empty is good. */
  readonly breaches: string[]
}

export interface Expected {
  /** How the runs under the fault may end, beside 0; default: killed. */
  readonly codes?: readonly number[]
  /** Whether a stopped run may have published a part of the list. */
  readonly partly?: boolean
  /** How many calls of one run may be listed as unknown; default: as many as there are slots. */
  readonly unknown?: number
}

const KILLED = 137
const FORMS = [TOKEN, encodeURIComponent(TOKEN)]
/** More than this many runs are never needed to come to the end. */
const TRIES = 3

/**
 * One trial: a fresh world, a fault, then the same command until it ends with 0, then the verdict: nothing lost, nothing paid
 * twice but what is listed, published files whole at every point, the token nowhere, one clear line for each failure, and
 * in the end the tables of a run that nothing disturbed.
 * @param cause causes the fault; returns how its runs ended
 */
export async function survive(
  options: WorldOptions,
  cause: (world: World) => Promise<Ended | readonly Ended[]>,
  expected: Expected = {},
): Promise<Verdict> {
  const world = await World.open(options)
  const breaches: string[] = []
  const check = async (when: string): Promise<void> => {
    breaches.push(...(await brokenPublication(world, expected.partly ?? false)).map((breach) => `${when}: ${breach}`))
  }
  try {
    const ended = [await cause(world)].flat()
    breaches.push(...ended.flatMap((end) => badEnd(end, [0, ...(expected.codes ?? [KILLED])])))
    await check('after the fault')
    for (let tries = 0; tries === 0 || (ended.at(-1)!.code !== 0 && tries < TRIES); tries += 1) {
      ended.push(await world.runAgain())
    }
    breaches.push(...badEnd(ended.at(-1)!, [0]))
    await check('in the end')
    if (breaches.length === 0) breaches.push(...(await wrongTables(world)))
    breaches.push(...tokenIn(world, ended))
    // The short form asks this of a part of its trials.
    if (LONG || options.start === 'empty') breaches.push(...(await wrongReplay(world)))
    const account = await settleAccounts(world, breaches, expected.unknown ?? options.concurrency)
    const cutOff = ended.filter(({ code }) => code !== 0).length
    const figures = { trials: 1, cutOff, ids: options.ids.length, calls: world.api.ledger.summary().calls, ...account }
    return { figures, breaches }
  } finally {
    await world.close()
  }
}

/** Whether `raw/` alone gives what was published. */
async function wrongReplay({ data }: World): Promise<string[]> {
  rmSync(join(data, 'state'), { recursive: true })
  const { code, stdout, stderr } = await checkedReplay(data)
  return code === 0 ? [] : [`a replay from raw/ alone ends with ${code}: ${stdout}${stderr}`]
}

async function checkedReplay(data: string): Promise<Ended> {
  if (LONG) return cli(['replay', '--check', '--data', data])
  const told: string[] = []
  const effects = liveEffects((level, message) => told.push(`${level}: ${message}`))
  const report = await replay(
    resolveSettings('replay', { data, check: true }, []),
    await loadPipeline(undefined),
    effects,
  )
  return { code: report.exit_code, stdout: JSON.stringify(report), stderr: told.join('\n') }
}

/** E: a documented code, one line for people, no stack. */
function badEnd({ code, stderr }: Ended, allowed: readonly number[]): string[] {
  const breaches = allowed.includes(code) ? [] : [`exit ${code}, expected ${allowed.join(' or ')}: ${stderr}`]
  const errors = stderr.split('\n').filter((line) => line.startsWith('error:'))
  const expected = code === 0 || code >= 128 ? 0 : 1
  if (errors.length !== expected) breaches.push(`exit ${code} with ${errors.length} error lines: ${stderr}`)
  if (/\n\s+at /.test(stderr)) breaches.push(`a stack: ${stderr}`)
  return breaches
}

/** A: what analysts open is the old or the new run, whole, and nothing of another file is replayed into it. */
async function brokenPublication(world: World, partly: boolean): Promise<string[]> {
  const { data, options } = world
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
  const foreign = [...logsIn(data, false), ...logsIn(join(data, 'published'), true)]
  return [...breaches, ...foreign.map((log) => `a change log beside what is published: ${log}`)]
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

/** R, and L for the exports: the tables of an undisturbed run, and each id once in the files. */
async function wrongTables(world: World): Promise<string[]> {
  const { data, options } = world
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

/** The tables of a run over the same ids that nothing disturbed. */
function undisturbed(options: WorldOptions): Promise<Tables> {
  const { ids, start, flags } = options
  const key = JSON.stringify([ids, start, flags])
  const made = known.get(key) ?? runUndisturbed({ ids, start, concurrency: 8, ...(flags ? { flags } : {}) })
  known.set(key, made)
  return made
}

async function runUndisturbed(options: WorldOptions): Promise<Tables> {
  const world = await World.open(options)
  try {
    const { code, stderr } = await world.runAgain()
    if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${stderr}`)
    return await withPublished(join(world.data, 'creators.duckdb'), comparableTables)
  } finally {
    await world.close()
  }
}

/** T: in no file and no output. */
function tokenIn({ folder, data }: World, ended: readonly Ended[]): string[] {
  const holds = (text: string | Buffer): boolean => FORMS.some((form) => text.includes(form))
  const files = [...new Set([...filesBelow(folder), ...filesBelow(data)])].filter((path) => holds(readFileSync(path)))
  const outputs = ended.filter(({ stdout, stderr }) => holds(stdout + stderr)).map(() => 'an output')
  return [...files, ...outputs].map((place) => `the token stands in ${place}`)
}

interface Account {
  readonly user_id: string
  readonly answers: number
  readonly ambiguous: number
}

/** Answers kept and calls listed as ambiguous, by id. An answer without a profile leaves no counters, but a status. */
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

/** L and P: every charge in the upstream's books is an answer in the tables, or a call listed as ambiguous. */
async function settleAccounts(
  world: World,
  breaches: string[],
  mostUnknown: number,
): Promise<Pick<Figures, 'lost' | 'paidTwice' | 'ambiguous'>> {
  const { api, data, options } = world
  const link = join(data, 'creators.duckdb')
  if (!existsSync(link)) {
    breaches.push('nothing is published in the end')
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
    breaches.push(`${id}: charged ${charges} times, ${answers} answers kept, ${ambiguous} calls listed`)
  }
  for (const { calls } of crashes) {
    if (calls > mostUnknown) breaches.push(`a crash left ${calls} calls unknown, ${mostUnknown} are the most`)
  }
  return { lost, paidTwice, ambiguous: accounts.reduce((sum, { ambiguous }) => sum + ambiguous, 0) }
}
