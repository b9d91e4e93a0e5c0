import { z } from 'zod'
import { UsageError } from '../core/errors.js'

/** How the simulated upstream behaves; each of these can be changed while it runs. */
export interface SimulatorSettings {
  /** Milliseconds until an answer begins. */
  readonly latencyMs: number
  /** Up to this many milliseconds more, drawn for each call. */
  readonly jitterMs: number
  /** Calls in flight up to which latency is what it is; null: any number. */
  readonly capacity: number | null
  /** How many times as long a call takes that comes on top of these. */
  readonly overload: number
  /** Calls a second that are let through, by a token bucket; above it code 302. Null: no limit. */
  readonly ratePerSecond: number | null
  /** How many calls the full bucket lets through at once; null: one second's worth. */
  readonly burst: number | null
  /** Charged answers a day of the pipeline's zone (a new night is a new day too), then code 303. Null: no limit. */
  readonly quota: number | null
  /** Charged answers that the account's balance still covers, then code 601. Null: endless. */
  readonly balance: number | null
  /** Charged answers that each token's own budget covers, then code 602. Setting it again refills it. Null: endless. */
  readonly budget: number | null
  /** Tokens that are accepted, any other gets code 100; null: every token but the empty one. */
  readonly tokens: readonly string[] | null
  /** Whether the endpoint is activated for the account; if not, code 600. */
  readonly permission: boolean
  /** Which night it is (0, 1, 2 …): counters grow from night to night, now and then a name changes. */
  readonly night: number
  /** Share of calls, 0 to 1, that get a code instead of an answer, for example `{ "301": 0.3, "500": 0.01 }`. */
  readonly shares: Readonly<Record<string, number>>
  /** Changes which calls the shares and the jitter hit. */
  readonly seed: number
  /** The older gateway says HTTP 200 to everything; the newer one a status that fits the code. */
  readonly httpStatus: '200' | 'matching'
  /** Whether every message repeats the token, literally and URL-encoded. */
  readonly echoToken: boolean
  /** The `Retry-After` header of 302, 503 and of HTTP 429 and 503 without a body; null: none. */
  readonly retryAfter: string | null
  /** How long the slow faults take to drip out their body, milliseconds. */
  readonly dripMs: number
  /** The origin that the redirecting fault points to; null: this server under its other name, which counts who follows. */
  readonly redirectTo: string | null
}

export const defaultSettings: SimulatorSettings = {
  latencyMs: 0,
  jitterMs: 0,
  capacity: null,
  overload: 10,
  ratePerSecond: null,
  burst: null,
  quota: null,
  balance: null,
  budget: null,
  tokens: null,
  permission: true,
  night: 0,
  shares: {},
  seed: 0,
  httpStatus: '200',
  echoToken: false,
  retryAfter: null,
  dripMs: 2_000,
  redirectTo: null,
}

const count = z.int().min(0).nullable()
const milliseconds = z.number().min(0).max(3_600_000)
const share = z.number().min(0).max(1)

const schema = z
  .strictObject({
    latencyMs: milliseconds,
    jitterMs: milliseconds,
    capacity: z.int().min(1).nullable(),
    overload: z.number().min(1).max(1000),
    ratePerSecond: z.number().positive().nullable(),
    burst: z.number().min(1).nullable(),
    quota: count,
    balance: count,
    budget: count,
    tokens: z.array(z.string().min(1)).nullable(),
    permission: z.boolean(),
    night: z.int().min(0),
    shares: z.record(z.string().regex(/^[1-9]\d*$/), share),
    seed: z.int(),
    httpStatus: z.enum(['200', 'matching']),
    echoToken: z.boolean(),
    retryAfter: z.string().nullable(),
    dripMs: milliseconds,
    redirectTo: z.url().nullable(),
  } satisfies Record<keyof SimulatorSettings, z.ZodType>)
  .partial()

/** Some of the settings, from anywhere; undefined is as good as absent. @throws UsageError naming the setting that does not fit. */
export function parseSettings(value: unknown): Partial<SimulatorSettings> {
  const parsed = schema.safeParse(value)
  if (parsed.success) {
    return Object.fromEntries(Object.entries(parsed.data).filter(([, setting]) => setting !== undefined))
  }
  const [issue] = parsed.error.issues
  throw new UsageError(`simulator setting ${issue?.path.join('.') || '(object)'}: ${issue?.message ?? 'not valid'}`)
}
