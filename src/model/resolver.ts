import type { RequestSpec } from './requestSpec.js'
import type { CodeTable } from './vendor.js'

/** An endpoint that turns what lists hold in place of an id into an id, for money. Plain data and pure functions. */
export interface Resolver {
  /** Names the endpoint in the journal, in `raw/`, in the simulator's ledger and in `resolved_ids`: `search-user`. */
  readonly endpoint: string
  /** The kind of input that the endpoint takes, in one word: `short_link`. A pipeline has one resolver for each kind. */
  readonly kind: string
  /** What such an input is called, for people: `short link`. */
  readonly title: string
  /** Names of columns that hold such inputs, lower case. A cell outside of them counts only if nothing contests its meaning. */
  readonly columns: readonly string[]
  /** How to correct a cell that leads to nobody, by the reason of the miss. */
  readonly remedies: Readonly<Record<string, string>>
  /** The column of a pipeline whose profiles hold the input: a profile with another value is an anomaly. */
  readonly profileColumn?: string
  /** Price of one billed call, in the vendor's currency. */
  readonly price: number
  /** Codes that mean something else at this endpoint than at the vendor's others. */
  readonly codes?: CodeTable
  /** The call for one input, without host and token. */
  request(input: string): RequestSpec
  /** What the `data` of a successful answer says about the input. */
  read(data: unknown, input: string): Resolved
  /**
   * The same `data` without anybody but the person found: what is kept of the answer. `read` must find the same in what is
   * kept as in the answer.
   */
  withoutStrangers(data: unknown, input: string): unknown
  /** Imported only if the API is simulated: gives the `data` of a success. The same input always leads to the same id. */
  simulatedData(): Promise<(input: string) => unknown>
}

export type Resolved =
  | { readonly kind: 'found'; readonly id: string }
  /** The endpoint knows the input, and it leads to nobody. `reason` is one word: `not_found`. */
  | { readonly kind: 'miss'; readonly reason: string }
  /** Something that cannot be read; `found` says in a few words what it is, without any value. */
  | { readonly kind: 'unreadable'; readonly found: string }

/** What a cell holds in place of an id. */
export interface Resolvable {
  /** The `kind` of the resolver that takes it. */
  readonly kind: string
  /** In its normal form: without label, blanks and other text around it. Calls, journal and tables name it so. */
  readonly input: string
  /** Something else may look the same, such as a phone number: it counts only in a column that the resolver names. */
  readonly isContested?: true
}
