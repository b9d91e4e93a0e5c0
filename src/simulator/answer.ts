import { randomShare, type AccountVerdict } from './account.js'
import { messageFor, statusFor } from './envelope.js'
import type { Exchange } from './exchange.js'
import { faults } from './faults.js'
import type { Entry, Ledger } from './ledger.js'

/** A scripted answer, in place of the simulator's own. */
export type Script =
  | { readonly fault: number }
  | {
      readonly code: number
      /** Default: the id's own data for code 0, null for any other. */
      readonly data?: unknown
      readonly message?: string | null
      /** HTTP status; default: by the settings. */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
    }

/** Answers after the latency, and records in the ledger whether the answer was sent whole. */
export function answer(
  exchange: Exchange,
  verdict: AccountVerdict,
  script: Script | undefined,
  entry: Entry,
  ledger: Ledger,
): void {
  const { response, settings } = exchange
  const fault = verdict.fault === null ? undefined : faults[verdict.fault]
  if (response.closed) {
    ledger.close(entry, false)
    return
  }
  let finished = false
  response.once('finish', () => (finished = true))
  response.once('close', () => ledger.close(entry, finished && (fault?.whole ?? true)))

  const play = () => {
    if (fault) fault.play(exchange)
    else plain(exchange, verdict.code ?? 0, script && 'code' in script ? script : undefined)
  }
  const { latencyMs, jitterMs, seed, capacity, overload } = settings
  const usual = latencyMs + (jitterMs === 0 ? 0 : jitterMs * randomShare(`${seed}/${entry.seq}/${entry.id}`))
  const wait = capacity !== null && ledger.callsInFlight > capacity ? usual * overload : usual
  if (wait === 0) {
    play()
    return
  }
  const timer = setTimeout(play, wait)
  response.once('close', () => clearTimeout(timer))
}

function plain(exchange: Exchange, code: number, script: Extract<Script, { code: number }> | undefined): void {
  const { settings } = exchange
  const message = script?.message === undefined ? messageFor(exchange.codes, code) : script.message
  const data = script && 'data' in script ? { data: script.data } : code === 0 ? {} : { data: null }
  const status = script?.status ?? (settings.httpStatus === '200' ? 200 : statusFor(exchange.codes, code))
  const hint = code === 302 || code === 503 ? exchange.retryAfter : {}
  exchange.send(exchange.text({ code, message, ...data }), status, { ...hint, ...script?.headers })
}
