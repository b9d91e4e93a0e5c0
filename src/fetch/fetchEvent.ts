import type { Billed, OutcomeKind } from '../model/outcome.js'
import type { Stop } from './stop.js'

/** What happens in a fetch, for the progress line. A handler must be quick and must not throw. */
export type FetchEvent =
  | { readonly type: 'sent'; readonly id: string; readonly seq: number; readonly attempt: number }
  | {
      readonly type: 'end'
      readonly id: string
      readonly kind: OutcomeKind
      readonly code: string
      readonly billed: Billed
      readonly ms: number
      /** Calls a second that the upstream allows; undefined until it has refused one. */
      readonly limitPerSecond: number | undefined
    }
  | { readonly type: 'done'; readonly id: string; readonly kind: OutcomeKind; readonly code: string }
  | { readonly type: 'throttled' | 'trouble'; readonly pauseMs: number }
  | { readonly type: 'stopping'; readonly stop: Stop }

export type Emit = (event: FetchEvent) => void
