import { z } from 'zod'
import { UsageError } from '../core/errors.js'

/** How the simulated upstream behaves. Each setting can be changed while it runs. */
export interface SimulatorSettings {
  /** Milliseconds until an answer begins. */
  readonly latencyMs: number
  /** Up to this many further milliseconds, drawn at random for each call. */
  readonly jitterMs: number
  /** Number of calls in flight up to which the latency holds; null: any number. */
  readonly capacity: number | null
  /** Factor on the latency of a call beyond the capacity. */
  readonly overload: number
  /** Calls accepted a second, by a token bucket; code 302 above it. Null: no limit. */
  readonly ratePerSecond: number | null
  /** Calls that the full bucket accepts at once; null: one second's worth. */
  readonly burst: number | null
  /** Charged answers of an account a day in the pipeline's zone, then code 303. A new night is a new day too. Null: no limit. */
  readonly quota: number | null
  /** Charged answers that an account's balance still covers, then code 601. Null: no limit. */
  readonly balance: number | null
  /** Charged answers that each token's budget covers, then code 602. Setting it again refills it. Null: no limit. */
  readonly budget: number | null
  /** Accepted tokens; any other gets code 100. Null: every token except the empty one. */
  readonly tokens: readonly string[] | null
  /** The account of each token, by any name; other tokens share one. Null: all tokens share one. */
  readonly accounts: Readonly<Record<string, string>> | null
  /** Whether the endpoint is activated for the account; false: code 600. */
  readonly permission: boolean
  /** The number of the night, from 0. Counters grow from night to night, and sometimes a name changes. */
  readonly night: number
  /** Share of calls, 0 to 1, that get a code instead of an answer, for example `{ "301": 0.3, "500": 0.01 }`. */
  readonly shares: Readonly<Record<string, number>>
  /** Changes the random choices of `shares` and `jitterMs`. */
  readonly seed: number
  /** `200`: HTTP 200 for everything, as at the older gateway. `matching`: a status that fits the code, as at the newer. */
  readonly httpStatus: '200' | 'matching'
  /** Whether every message repeats the token, literally and URL-encoded. */
  readonly echoToken: boolean
  /** The `Retry-After` header of codes 302 and 503, and of HTTP 429 and 503 without a body; null: none. */
  readonly retryAfter: string | null
  /** How long fault 010 takes to send its body, in milliseconds. */
  readonly dripMs: number
  /** The target origin of fault 026; null: this server as `localhost`, which counts the redirects that are followed. */
  readonly redirectTo: string | null
  /** Milliseconds between the simulator's clock and the `Date` header of its answers; null: no such header. */
  readonly dateShiftMs: number | null
  /** The `Age` header, as of a cache on the way; null: none. */
  readonly age: string | null
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
  accounts: null,
  permission: true,
  night: 0,
  shares: {},
  seed: 0,
  httpStatus: '200',
  echoToken: false,
  retryAfter: null,
  dripMs: 2_000,
  redirectTo: null,
  dateShiftMs: 0,
  age: null,
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
    accounts: z.record(z.string(), z.string()).nullable(),
    permission: z.boolean(),
    night: z.int().min(0),
    shares: z.record(z.string().regex(/^[1-9]\d*$/), share),
    seed: z.int(),
    httpStatus: z.enum(['200', 'matching']),
    echoToken: z.boolean(),
    retryAfter: z.string().nullable(),
    dripMs: milliseconds,
    redirectTo: z.url().nullable(),
    dateShiftMs: z.number().nullable(),
    age: z.string().nullable(),
  } satisfies Record<keyof SimulatorSettings, z.ZodType>)
  .partial()

/** Validates some of the settings; undefined counts as absent. @throws UsageError that names the invalid setting */
export function parseSettings(value: unknown): Partial<SimulatorSettings> {
  const parsed = schema.safeParse(value)
  if (parsed.success) {
    return Object.fromEntries(Object.entries(parsed.data).filter(([, setting]) => setting !== undefined))
  }
  const [issue] = parsed.error.issues
  throw new UsageError(`simulator setting ${issue?.path.join('.') || '(object)'}: ${issue?.message ?? 'not valid'}`)
}
