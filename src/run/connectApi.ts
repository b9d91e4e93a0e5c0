import { demoText } from '../core/commandText.js'
import { UsageError } from '../core/errors.js'
import type { Resources } from '../core/resources.js'
import { DAY_MS, dayIn } from '../core/time.js'
import type { ApiClient } from '../fetch/http/apiClient.js'
import type { AnswerReader } from '../flatten/compile.js'
import type { Pipeline } from '../model/pipeline.js'
import { eraseFrom } from '../privacy/eraseCall.js'
import type { IdFinder } from '../privacy/idFinder.js'
import { withoutForgotten, withoutStrangers } from '../privacy/withoutStrangers.js'
import type { RunContext } from './context.js'

/** Night 0 of the built-in simulator: its counters grow with the calendar. */
const FIRST_NIGHT = '2026-01-01'
const SIMULATED_TOKEN = 'simulated'

/** The token for calls; undefined if the API needs one and none is given. */
export function callToken({ api, token }: Pick<RunContext, 'api' | 'token'>): string | undefined {
  if (token !== undefined && api.base !== undefined) return token
  return api.simulated ? SIMULATED_TOKEN : undefined
}

/** @throws UsageError without a token, before anything is sent */
export function tokenFor(run: Pick<RunContext, 'api' | 'token'>, due: string): string {
  const token = callToken(run)
  if (token !== undefined) return token
  throw new UsageError(
    `no token, and ${due} to fetch: set JUSTONEAPI_TOKEN or give --token-file; \`${demoText()}\` shows a run on simulated data without one`,
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

/** Keeps people out of answers whom nobody looked for, and those who were forgotten. */
export function discreet(
  client: ApiClient,
  { resolvers }: Pick<Pipeline, 'resolvers'>,
  forgotten: IdFinder | undefined,
  { interpret }: AnswerReader,
): Pick<ApiClient, 'attempt'> {
  return {
    async attempt(intent) {
      const received = await client.attempt(intent)
      const resolver = resolvers?.find(({ endpoint }) => endpoint === intent.endpoint)
      const kept = resolver ? withoutStrangers(received, resolver) : received
      const end = resolver && forgotten ? withoutForgotten(kept, forgotten, interpret) : kept
      // As a mention in another person's profile, and as a misdelivered profile.
      return forgotten ? eraseFrom(end, forgotten, interpret) : end
    },
  }
}
