import type { PeerCertificate } from 'node:tls'
import type { Api } from '../../config/api.js'
import { pathExists } from '../../core/absent.js'
import { first } from '../../core/duckdb.js'
import { EXIT, LocalError } from '../../core/errors.js'
import { plural } from '../../core/text.js'
import { DAY_MS, zonedTime } from '../../core/time.js'
import type { Layout } from '../../dataFolder/layout.js'
import { certificateRemedy } from '../../fetch/http/transportFault.js'
import { CLOCK_TOLERANCE_MS } from '../../model/clock.js'
import { withPublished } from '../../publish/openPublished.js'
import { ok, warn, type CheckResult } from './check.js'
import type { HostDate, Reached, Unreached } from './reach.js'

/** Clocks may differ by this much without harm. */
const TOLERANCE_MS = 300_000
/** No release is older: a clock that shows an earlier time is wrong. */
const RELEASED = Date.parse('2026-01-01')
/** A certificate that ends this soon is worth a word. */
const SOON_MS = 14 * DAY_MS

/** What the connection to the API's host has shown; undefined for simulated data. */
export type Connected = Reached | Unreached | undefined

const SIMULATED = 'none is needed for simulated data'

export function checkProxy({ proxy, host }: Pick<Api, 'proxy' | 'host'>, connected: Connected): CheckResult {
  if (connected === undefined) return ok(SIMULATED)
  if (proxy === undefined) return ok(`none for ${host}: HTTPS_PROXY and its kin are not set, or except it`)
  const named = `${proxy.shown} (${proxy.variable})`
  if ('error' in connected && connected.atProxy) throw connected.error
  return ok(`${named} opens a tunnel to ${host}`)
}

export function checkNetwork({ host, warning, way }: Api, connected: Connected): CheckResult {
  if (connected === undefined) return ok(SIMULATED)
  if ('error' in connected) throw connected.error
  const { address, ms, protocol } = connected
  const reached = `${host} (${address ?? 'the proxy finds it'}) connected in ${Math.round(ms)} ms`
  const secured = protocol ? `, ${protocol}, certificate valid` : ''
  const found = [reached + secured, way, warning].filter((part) => part !== undefined).join('; ')
  return warning === undefined ? ok(found) : warn(found)
}

export function checkCertificate({ base }: Pick<Api, 'base'>, connected: Connected, now: number): CheckResult {
  if (connected === undefined) return ok(SIMULATED)
  if (base?.protocol !== 'https:') return ok('none: the connection is plain HTTP')
  if ('error' in connected) {
    if (connected.refused === undefined) return warn('not seen, as the host was not reached')
    return {
      verdict: 'fail',
      said: `refused: ${describe(connected.refused)}; ${certificateRemedy(connected.error.cause)}`,
      exit_code: EXIT.unreachable,
    }
  }
  const { certificate } = connected
  if (certificate === undefined) return warn('the host showed none')
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  if (extra && !pathExists(extra))
    return warn(`${describe(certificate)}; NODE_EXTRA_CA_CERTS names ${extra}, which is not there: correct or unset it`)
  const found = `${describe(certificate)}${extra ? `; NODE_EXTRA_CA_CERTS is ${extra}` : ''}`
  const left = Date.parse(certificate.valid_to) - now
  if (left > SOON_MS) return ok(found)
  return warn(
    `${found}: it ends in ${plural(Math.floor(left / DAY_MS), 'day')}, then runs end with 6: tell the vendor or your proxy's admin`,
  )
}

function describe({ subject, issuer, valid_from: from, valid_to: to }: PeerCertificate): string {
  const day = (text: string): string =>
    Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString().slice(0, 10)
  // A certificate may lack any of these names.
  const name = (...names: readonly unknown[]): string => {
    const known = names.flat().find((each) => typeof each === 'string' && each !== '')
    return typeof known === 'string' ? known : 'an unnamed party'
  }
  const [of, by] = [subject, issuer] as Partial<PeerCertificate['issuer']>[]
  return `valid ${day(from)} to ${day(to)}, for ${name(of?.CN)}, issued by ${name(by?.O, by?.CN)}`
}

/** Compares the clock of this machine with that of the API's host, and with the newest answer of the folder. */
export async function checkClock(
  layout: Layout,
  connected: Connected,
  now: number,
  timeZone: string,
  opens = true,
): Promise<CheckResult> {
  const shown = `${zonedTime(timeZone, now)} on this machine`
  if (now < RELEASED) throw new Error(`${shown} is before this version was made: set the clock`)
  const date = connected !== undefined && 'date' in connected ? connected.date : undefined
  const aheadMs = date === undefined ? 0 : aheadOf(date)
  if (date !== undefined && Math.abs(aheadMs) > CLOCK_TOLERANCE_MS)
    throw new LocalError(
      `${shown}, ${far(aheadMs)} the API, whose Date is ${zonedTime(timeZone, date.hostAt)}: set the clock (\`timedatectl set-ntp true\`), a run would stop`,
    )
  const latest =
    opens && pathExists(layout.database)
      ? await withPublished(layout, (connection) =>
          first<{ at: number | null }>(connection, 'SELECT max(last_attempt_at) AS at FROM creators'),
        )
      : undefined
  if (latest?.at && latest.at > now + TOLERANCE_MS) {
    throw new Error(
      `${shown}, but an answer in this folder is dated ${zonedTime(timeZone, latest.at)}: set the clock, as the ages depend on it; if it is right, the next run finds that it was wrong then, and fetches those ids once more`,
    )
  }
  if (Math.abs(aheadMs) > TOLERANCE_MS)
    return warn(`${shown}, ${far(aheadMs)} the API: set the clock (\`timedatectl set-ntp true\`)`)
  if (connected === undefined) return ok(shown)
  return ok(date === undefined ? `${shown}; the API's Date is not known` : `${shown}, as the API's Date`)
}

/** How far the own clock is ahead at least: `Date` counts seconds, and the request took its time. */
function aheadOf({ hostAt, sentAt, receivedAt }: HostDate): number {
  if (sentAt > hostAt + 1000) return sentAt - hostAt
  return receivedAt < hostAt ? receivedAt - hostAt : 0
}

function far(aheadMs: number): string {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000)
  const long = minutes < 120 ? `${minutes} minutes` : `${(minutes / 60).toFixed(1)} hours`
  return `${long} ${aheadMs > 0 ? 'ahead of' : 'behind'}`
}
