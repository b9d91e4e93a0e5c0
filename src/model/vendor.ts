import type { Billed, OutcomeKind, StopReason } from './outcome.js'

/** The service that answers the calls. Several pipelines may share one. Plain data. */
export interface Vendor {
  /** Base URLs, by the name that `--api` takes. `global` is the default. */
  readonly hosts: Readonly<Record<string, string>> & { readonly global: string }
  /** ISO 4217 code of every price and amount. */
  readonly currency: string
  readonly codes: CodeTable
}

/** What each code of the envelope means, for any HTTP status. Code 0 is a success and not in the table. */
export type CodeTable = Readonly<Record<string, CodeRule>>

/** What one code means for the run. */
export interface CodeRule {
  readonly kind: OutcomeKind
  readonly billed: Billed
  /** Why the run stops; only with the kind `stop`. */
  readonly stop?: StopReason
  /** Whose limit is used up. */
  readonly limit?: 'account' | 'token'
  /** The API does not work: calls with this code pause the run, and end it in time. */
  readonly isDown?: true
  /** The outcome's message if the API sent none. */
  readonly meaning: string
  /** The meaning in Chinese. */
  readonly zh?: string
  /** What the API says with this code, and at which HTTP status: the simulator says the same. */
  readonly says?: string
  readonly status?: number
}
