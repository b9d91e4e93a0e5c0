import type { Connection } from '../core/duckdb.js'
import type { Resources } from '../core/resources.js'
import { ClockCheck } from '../fetch/clockCheck.js'
import { fetchAll, type FetchEvent, type FetchResult } from '../fetch/fetchAll.js'
import type { ApiClient } from '../fetch/http/apiClient.js'
import { openLearnedLimits } from '../fetch/limits/learnedLimits.js'
import { gravest, type Stop } from '../fetch/stop.js'
import { openJournal, type Journal } from '../journal/journal.js'
import { reserveFor } from '../journal/spareFile.js'
import { findEarlierRuns } from '../load/aheadRuns.js'
import type { Staging } from '../load/stage.js'
import type { CallEnd, DueId, RunHeader } from '../model/call.js'
import type { Outcome, StopReason } from '../model/outcome.js'
import type { Resolver } from '../model/resolver.js'
import { newTally, startProgress, type Tally } from '../terminal/progress.js'
import { connectApi, discreet } from './connectApi.js'
import { followFetch } from './followFetch.js'
import type { OpenRun } from './openRun.js'
import { fetchPolicyOf, RunBudget } from './runBudget.js'
import { StagedCalls } from './stagedCalls.js'

/** Longer names, and more runs, are left out of the head of the journal, which is one page. */
const LONGEST_NAME = 500
const MOST_EARLIER_RUNS = 50

/** What stops the calls to a resolver alone: the endpoint may be broken, or not activated, where that of the profiles works. */
const STOPS_OF_RESOLVER: ReadonlySet<StopReason> = new Set<StopReason>(['unreachable', 'permission', 'route'])

/** Calls to one endpoint. */
export interface Pass {
  readonly ids: AsyncIterable<DueId> | Iterable<DueId>
  /** Absent: the endpoint of the profiles. */
  readonly resolver?: Resolver
  /** Receives each end as soon as it is durable. */
  readonly onDurable?: (end: CallEnd, outcome: Outcome) => void
}

/** The calls of a run. Its passes share the journal segment, the staged rows, the pace, the caps and the progress line. */
export class CallSession {
  /**
   * What all passes did so far; `unfinished` and `stop` are those of the last one. Neither `stop` nor `useless` tells of a
   * resolver that was given up.
   */
  result: FetchResult = { calls: 0, useless: false, unfinished: new Set(), seconds: 0, learned: {} }
  /** The gravest reason for which a resolver was given up. */
  resolverStop: Stop | undefined
  private seq = 0

  private constructor(
    private readonly run: OpenRun,
    private readonly parts: {
      readonly upstream: Pick<ApiClient, 'attempt'>
      readonly journal: Journal
      readonly limits: Awaited<ReturnType<typeof openLearnedLimits>>
      readonly budget: RunBudget
      readonly staged: StagedCalls
    },
    readonly tally: Tally,
    readonly clock: ClockCheck,
  ) {
    this.result = { ...this.result, learned: parts.limits.known }
  }

  /**
   * @param total of the ids and inputs to be asked for
   * @param lists the names of the lists that the run has read
   * @throws LocalError if the journal cannot be started: nothing was sent
   */
  static async open(
    run: OpenRun,
    connection: Connection,
    { token, total, lists }: { readonly token: string; readonly total: number; readonly lists: readonly string[] },
    open: Resources,
  ): Promise<CallSession> {
    const { settings, api, layout, pipeline, reader, forgotten, effects, activeClock, logger } = run
    const client = await connectApi(run, token, open)
    const journal = await openJournal(
      layout.journal,
      await segmentHeader(run, connection, lists),
      reserveFor(settings.concurrency),
    )
    open.add(() => journal.close())
    // If the data folder was moved away, opening the journal has created an empty one in its place.
    run.check()
    const limits = await openLearnedLimits(layout.learned, { host: api.host, token }, effects)
    const tally = newTally(total, settings.price, pipeline.vendor.currency)
    run.status.follow(tally)
    const progress = startProgress(logger, tally, activeClock)
    open.add(() => progress.stop())
    const budget = await RunBudget.open(run, connection)
    const staged = await StagedCalls.open(connection, reader, { runId: run.header.runId, log: effects.log })
    const upstream = discreet(client, pipeline, forgotten, reader)
    const clock = new ClockCheck(run.header.startedAt, api.host, run)
    return new CallSession(run, { upstream, journal, limits, budget, staged }, tally, clock)
  }

  /** The calls as rows; undefined if they could not be staged and must be read from the segment. */
  get staging(): Staging | undefined {
    return this.parts.staged.staging
  }

  /** The journal segment with the calls. */
  get segment(): string {
    return this.parts.journal.path
  }

  /** Gives up what is staged. */
  abandon(): void {
    this.parts.staged.abandon()
  }

  /**
   * Makes calls until each id has a final outcome, or the run stops, or the resolver is given up.
   * @returns what this pass did, with what ended it
   * @throws LocalError if a call could not be made durable; sending has stopped
   */
  async pass({ ids, resolver, onDurable }: Pass): Promise<FetchResult> {
    const { run, parts, tally, clock } = this
    const { settings, reader, effects, activeClock, signal } = run
    const { upstream, journal, limits, budget, staged } = parts
    const price = resolver?.price ?? settings.price
    tally.price = price
    const before = this.result
    const result = await fetchAll({
      ids,
      clock,
      upstream,
      journal,
      nextSeq: () => (this.seq += 1),
      interpret: reader.interpret,
      onDurable: (end, outcome) => {
        if (outcome.billed !== 'no') budget.paid(price, end.sentAt)
        staged.add(end, outcome)
        onDurable?.(end, outcome)
      },
      policy: fetchPolicyOf(settings, budget.left(price)),
      learned: before.learned,
      effects,
      activeClock,
      signal,
      onEvent: (event) => {
        if (event.type === 'sent') budget.sent()
        if (!resolver) followFetch(event, tally, effects)
        else if (event.type === 'stopping' && STOPS_OF_RESOLVER.has(event.stop.reason))
          logGivenUp(event.stop, resolver, effects)
        else followFetch(withoutInput(event, resolver), tally, effects)
      },
    })
    await limits.keep(result.learned)
    const { stop, ...rest } = result
    const isGivenUp = resolver && stop && STOPS_OF_RESOLVER.has(stop.reason)
    if (isGivenUp)
      this.resolverStop = gravest(this.resolverStop, { ...stop, message: `${resolver.endpoint}: ${stop.message}` })
    this.result = {
      ...rest,
      ...(stop && !isGivenUp && { stop }),
      calls: before.calls + result.calls,
      useless: resolver ? before.useless : result.useless,
      seconds: before.seconds + result.seconds,
    }
    return result
  }
}

function logGivenUp(
  { message, reason, code }: Stop,
  { endpoint }: Resolver,
  { log }: Pick<OpenRun['effects'], 'log'>,
): void {
  log(
    'warn',
    `${endpoint} is given up (${message}): what it has not resolved is parked, and the run goes on`,
    'resolver_given_up',
    { reason, code, endpoint },
  )
}

/** The input may name a person, and the log does not. */
function withoutInput(event: FetchEvent, { title }: Resolver): FetchEvent {
  return 'id' in event ? { ...event, id: title } : event
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
