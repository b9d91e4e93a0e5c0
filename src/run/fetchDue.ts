import type { PricedSettings } from '../config/options.js'
import { demoText } from '../core/commandText.js'
import type { Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { UsageError } from '../core/errors.js'
import { Resources } from '../core/resources.js'
import { count, plural } from '../core/text.js'
import { DAY_MS, dayIn } from '../core/time.js'
import { warnOfSpace } from '../dataFolder/preflight.js'
import { ClockCheck } from '../fetch/clockCheck.js'
import { fetchAll, type FetchEvent, type FetchResult } from '../fetch/fetchAll.js'
import type { FetchPolicy } from '../fetch/fetchPolicy.js'
import type { ApiClient } from '../fetch/http/apiClient.js'
import { openLearnedLimits } from '../fetch/limits/learnedLimits.js'
import type { AnswerReader } from '../flatten/compile.js'
import { openJournal } from '../journal/journal.js'
import { reserveFor } from '../journal/spareFile.js'
import { findEarlierRuns } from '../load/aheadRuns.js'
import { claimKind } from '../load/schema/schema.js'
import type { Staging } from '../load/stage.js'
import type { Warehouse } from '../load/warehouse.js'
import type { RunHeader } from '../model/call.js'
import { dueIds, type PlanCounts } from '../plan/plan.js'
import { eraseFrom } from '../privacy/eraseCall.js'
import type { IdFinder } from '../privacy/idFinder.js'
import { newTally, startProgress, timeIn, type Tally } from '../terminal/progress.js'
import { spentByDay } from './budget.js'
import { dueIdsByClock, reportAhead } from './clock.js'
import type { RunContext } from './context.js'
import type { OpenRun } from './openRun.js'
import { refuseQueued } from './refuseQueued.js'
import { StagedCalls } from './stagedCalls.js'
import { warnOfCaps } from './warnOfCaps.js'

export interface Fetched extends FetchResult {
  /** Ids with at least one call. */
  readonly askedIds: number
  /** The closed journal segment with the calls; undefined if no id was due. */
  readonly segment: string | undefined
  /** Whether ids without a call wait in a queue, to be fetched elsewhere. */
  readonly isQueued?: true
  /** When the ids were asked for, if not by this run: ages count from then, milliseconds since 1970. */
  readonly askedAt?: number
  /** The plan as it was carried out. */
  readonly planned: PlanCounts
  /** Whether the API's time has confirmed the own clock. */
  readonly isClockConfirmed: boolean
  /** Its calls as rows; undefined if they could not be staged and must be read from the segment. */
  readonly staging: Staging | undefined
}

/** What a run has that makes no call. */
export const NOTHING_FETCHED: Omit<Fetched, 'planned'> = {
  calls: 0,
  askedIds: 0,
  useless: false,
  unfinished: new Set(),
  seconds: 0,
  learned: {},
  segment: undefined,
  isClockConfirmed: false,
  staging: undefined,
}
/** Night 0 of the built-in simulator: its counters grow with the calendar. */
const FIRST_NIGHT = '2026-01-01'
const SIMULATED_TOKEN = 'simulated'

/** Longer names, and more runs, are left out of the head of the journal, which is one page. */
const LONGEST_NAME = 500
const MOST_EARLIER_RUNS = 50

/**
 * Fetches the due ids. Every call is kept in a new journal segment, and staged for the load once it is durable.
 * @param lists the names of the lists that the run has read
 * @throws UsageError without a token, before anything is sent
 * @throws LocalError if a call could not be made durable; sending has stopped
 */
export async function fetchDue(
  run: OpenRun,
  warehouse: Warehouse,
  planned: PlanCounts,
  lists: readonly string[],
): Promise<Fetched> {
  const { settings, api, layout, pipeline, reader, forgotten, effects, activeClock, logger, signal } = run
  const { connection } = warehouse
  const due = planned.byDecision.due.ids
  effects.log(
    'info',
    `${plural(planned.ids, 'id')} in ${plural(planned.rows, 'row')}: ${count(due)} to fetch, ${count(planned.ids - due)} known`,
    'planned',
    { rows: planned.rows, ids: planned.ids, due },
  )
  if (due === 0) return { ...NOTHING_FETCHED, planned }
  await refuseQueued(connection, layout)
  warnOfCaps(run, due)
  const token = tokenFor(run, due)
  await claimKind(connection, layout.data, api.simulated)
  const open = new Resources()
  try {
    const upstream = await connectApi(run, token, open)
    await warnOfSpace(layout, due, effects)
    const journal = await openJournal(
      layout.journal,
      await segmentHeader(run, connection, lists),
      reserveFor(settings.concurrency),
    )
    open.add(() => journal.close())
    // If the data folder was moved away, opening the journal has created an empty one in its place.
    run.check()
    const learned = await openLearnedLimits(layout.learned, { host: api.host, token }, effects)
    const tally = newTally(due, settings.price, pipeline.vendor.currency)
    run.status.follow(tally)
    const progress = startProgress(logger, tally, activeClock)
    open.add(() => progress.stop())
    const staged = await StagedCalls.open(connection, reader, {
      runId: run.header.runId,
      log: effects.log,
    })
    let isFetched = false
    open.add(() => {
      if (!isFetched) staged.abandon()
    })
    const clock = new ClockCheck(run.header.startedAt, api.host, run)
    let carriedOut = planned
    const isAhead = reportAhead(planned, effects)
    const result = await fetchAll({
      ids: isAhead ? dueIdsByClock(connection, clock, (left) => (carriedOut = left)) : dueIds(connection),
      clock,
      upstream: forgotten ? withoutForgotten(upstream, forgotten, reader) : upstream,
      journal,
      interpret: reader.interpret,
      onDurable: (end, outcome) => staged.add(end, outcome),
      policy: fetchPolicyOf(settings, await budgetsOf(run, warehouse)),
      learned: learned.known,
      effects,
      activeClock,
      signal,
      onEvent: (event) => followFetch(event, tally, effects),
    })
    await learned.keep(result.learned)
    if (isAhead && carriedOut !== planned)
      effects.log(
        'warn',
        'the first answer does not say whether the clock is right: answers count as they are dated',
        'clock_unconfirmed',
      )
    const { path: segment } = journal
    const { isConfirmed: isClockConfirmed } = clock
    const { staging } = staged
    isFetched = true
    return { ...result, askedIds: tally.started, segment, planned: carriedOut, isClockConfirmed, staging }
  } finally {
    await open.close()
  }
}

/** If the run is cut off, the price and the list of its calls, and the runs before it, are known from here alone. */
export async function segmentHeader(
  { header, settings, pipeline }: OpenRun,
  connection: Connection,
  [list, ...others]: readonly string[],
): Promise<RunHeader> {
  const earlier = (await findEarlierRuns(connection, header.runId)).slice(-MOST_EARLIER_RUNS)
  const earlierRuns = earlier.length > 0 ? { earlierRuns: earlier } : {}
  const known = { ...header, price: settings.price, currency: pipeline.vendor.currency, ...earlierRuns }
  return list === undefined || others.length > 0 || list.length > LONGEST_NAME ? known : { ...known, list }
}

/** The token for calls; undefined if the API needs one and none is given. */
export function callToken({ api, token }: Pick<RunContext, 'api' | 'token'>): string | undefined {
  if (token !== undefined && api.base !== undefined) return token
  return api.simulated ? SIMULATED_TOKEN : undefined
}

function tokenFor(run: OpenRun, due: number): string {
  const token = callToken(run)
  if (token !== undefined) return token
  throw new UsageError(
    `no token, and ${plural(due, 'id')} to fetch: set JUSTONEAPI_TOKEN or give --token-file; \`${demoText()}\` shows a run on simulated data without one`,
  )
}

/** What a client of the API is made from. */
export type ApiAccess = Pick<RunContext, 'settings' | 'pipeline' | 'redact' | 'api' | 'effects'>

/** Opens a client, of a simulator in this process if the API is simulated. */
export async function connectApi(run: ApiAccess, token: string, open: Resources): Promise<ApiClient> {
  const { settings, pipeline, redact, api, effects } = run
  const base = api.base ?? (await startOwnSimulator(run, open))
  const { timeout: timeoutMs, concurrency: connections } = settings
  // A run without a call need not load the HTTP client.
  const { openApiClient } = await import('../fetch/http/apiClient.js')
  const upstream = openApiClient({ base, token, timeoutMs, connections, pipeline, redact, effects, proxy: api.proxy })
  open.add(() => upstream.close())
  return upstream
}

async function startOwnSimulator({ pipeline, effects }: ApiAccess, open: Resources): Promise<URL> {
  const today = Date.parse(dayIn(pipeline.timeZone, effects.now()))
  const night = Math.floor((today - Date.parse(FIRST_NIGHT)) / DAY_MS)
  const { startSimulator } = await import('../simulator/simulator.js')
  const simulator = await startSimulator({ pipeline, night, keep: 'counts', now: () => effects.now() })
  open.add(() => simulator.close())
  return new URL(simulator.url)
}

/** Keeps forgotten people out of answers: as a mention in another person's profile, and as a misdelivered profile. */
function withoutForgotten(
  client: ApiClient,
  forgotten: IdFinder,
  { interpret }: AnswerReader,
): Pick<ApiClient, 'attempt'> {
  return { attempt: async (intent) => eraseFrom(await client.attempt(intent), forgotten, interpret) }
}

/** What this run and each day may still spend. */
async function budgetsOf(
  { settings, pipeline, effects }: OpenRun,
  { connection }: Warehouse,
): Promise<Pick<FetchPolicy, 'budget' | 'dayBudget'>> {
  const { budget, budgetPerDay, price } = settings
  if (price === 0) return {}
  // The small addition corrects binary fractions: 0.45 at 0.15 each pays three calls, not two.
  const callsFor = (amount: number): number => Math.floor(Math.max(0, amount) / price + 1e-9)
  const ofRun = budget === undefined ? {} : { budget: { calls: callsFor(budget) } }
  if (budgetPerDay === undefined) return ofRun
  const { timeZone } = pipeline
  const spent = await spentByDay(connection, pipeline, effects.now(), price)
  const left = Object.fromEntries([...spent].map(([day, amount]) => [day, callsFor(budgetPerDay - amount)]))
  return { ...ofRun, dayBudget: { timeZone, calls: callsFor(budgetPerDay), left } }
}

export function fetchPolicyOf(
  settings: PricedSettings,
  budgets: Pick<FetchPolicy, 'budget' | 'dayBudget'>,
): FetchPolicy {
  const { concurrency, attempts, giveUp, onAmbiguous, rate, maxCalls } = settings
  return {
    concurrency,
    attempts,
    giveUpMs: giveUp,
    onAmbiguous,
    ...(rate === undefined ? {} : { ratePerSecond: rate }),
    ...(maxCalls === undefined ? {} : { maxCalls }),
    ...budgets,
  }
}

const FAILED = new Set<string>(['refused', 'misdelivered', 'unreadable', 'retry', 'ambiguous'])

/** Updates the numbers of the progress line, and logs stops and pauses at once. */
export function followFetch(event: FetchEvent, tally: Tally, effects: Pick<Effects, 'log'>): void {
  if (event.type === 'sent') {
    if (event.attempt === 1) tally.started += 1
    tally.sent += 1
    tally.inFlight += 1
  } else if (event.type === 'end') {
    tally.inFlight -= 1
    tally.limitPerSecond = event.limitPerSecond
    if (event.billed === 'yes') tally.billed += 1
    if (event.billed === 'maybe') tally.maybeBilled += 1
    if (event.kind !== 'profile') logCall(event, effects)
  } else if (event.type === 'done') {
    tally.done += 1
    if (FAILED.has(event.kind)) tally.failed += 1
  } else if (event.type === 'stopping') {
    tally.stop = event.stop.message
    const { message, reason, code } = event.stop
    effects.log(
      'warn',
      `stopping (${message}); waiting for ${plural(tally.inFlight, 'call')} in flight`,
      reason === 'cap' ? 'cap_reached' : 'stopping',
      { reason, code, in_flight: tally.inFlight },
    )
  } else if (event.pauseMs >= 1) {
    const why = event.type === 'throttled' ? 'the API throttles calls' : 'calls fail (API, network or DNS)'
    effects.log('info', `${why}: pausing for ${timeIn(event.pauseMs)}`, 'paused', { ms: Math.round(event.pauseMs) })
  }
}

function logCall(
  { id, kind, code, ms: exact }: Extract<FetchEvent, { type: 'end' }>,
  { log }: Pick<Effects, 'log'>,
): void {
  const ms = Math.round(exact)
  log('debug', `${id}: ${kind}, code ${code}, ${ms} ms`, 'call_ended', { id, kind, code, ms })
}
