import { nextDayIn } from '../core/time.js'
import type { Pipeline } from '../model/pipeline.js'
import { faults } from './faults.js'
import { isMarked, markedBehaviour } from './markers.js'
import type { RequestedCall } from './route.js'
import type { SimulatorSettings } from './settings.js'

export interface AccountVerdict {
  readonly code: number | null
  readonly fault: number | null
  readonly tokenOk: boolean
  readonly charged: boolean
}

/** The upstream's side of the counter: who may ask, how fast, for how much, and which calls fail. */
export class Account {
  private bucket: number | null = null
  private refilledAt = 0
  private balance: number | null
  private chargedToday = 0
  private today = { night: -1, until: -Infinity }
  private spent = new Map<string, number>()
  private callsOf = new Map<string, number>()
  private failuresOf = new Map<string, number>()

  constructor(
    private readonly pipeline: Pipeline,
    private settings: SimulatorSettings,
    private readonly now: () => number,
  ) {
    this.balance = settings.balance
  }

  /** Takes over changed settings: a balance or budget that is set is full, a new night starts the counts of ids anew. */
  change(settings: SimulatorSettings, changed: Partial<SimulatorSettings>): void {
    this.settings = settings
    if ('balance' in changed) this.balance = settings.balance
    if ('budget' in changed) this.spent.clear()
    if ('ratePerSecond' in changed || 'burst' in changed) this.bucket = null
    if ('night' in changed) {
      this.callsOf.clear()
      this.failuresOf.clear()
    }
  }

  /** What this call gets; charges it if it is to be charged. */
  judge(asked: RequestedCall): AccountVerdict {
    const { tokens, permission, quota, budget } = this.settings
    const { id, token } = asked
    if (!asked.known) return refusal(404, false)
    if (token === '' || (tokens && !tokens.includes(token))) return refusal(100, false)
    if (!permission) return refusal(600)
    if (!this.letThrough()) return refusal(302)
    if (this.balance === 0) return refusal(601)
    if (budget !== null && (this.spent.get(token) ?? 0) >= budget) return refusal(602)
    if (quota !== null && this.countToday() >= quota) return refusal(303)
    const parsed = this.pipeline.parseId(id)
    if (!('id' in parsed) || parsed.id !== id) return refusal(400)
    const verdict = this.marked(id) ?? this.shared(id) ?? { code: 0, fault: null, tokenOk: true, charged: true }
    if (verdict.charged) this.charge(token)
    return verdict
  }

  /** Puts one charged answer on the account, for scripted ones too. */
  charge(token: string): void {
    this.countToday()
    this.chargedToday += 1
    if (this.balance) this.balance -= 1
    if (this.settings.budget !== null) this.spent.set(token, (this.spent.get(token) ?? 0) + 1)
  }

  private letThrough(): boolean {
    const { ratePerSecond, burst } = this.settings
    if (ratePerSecond === null) return true
    const full = burst ?? Math.max(1, ratePerSecond)
    const now = performance.now()
    const refill = ((now - this.refilledAt) / 1000) * ratePerSecond
    this.bucket = this.bucket === null ? full : Math.min(full, this.bucket + refill)
    this.refilledAt = now
    if (this.bucket < 1) return false
    this.bucket -= 1
    return true
  }

  private countToday(): number {
    const now = this.now()
    if (this.today.night !== this.settings.night || now >= this.today.until) {
      this.today = { night: this.settings.night, until: nextDayIn(this.pipeline.timeZone, now) }
      this.chargedToday = 0
    }
    return this.chargedToday
  }

  private marked(id: string): AccountVerdict | undefined {
    if (!isMarked(id)) return undefined
    const n = this.callsOf.get(id) ?? 0
    this.callsOf.set(id, n + 1)
    const marked = markedBehaviour(id, n)
    if (marked?.fault !== undefined) return faultVerdict(marked.fault)
    if (marked?.code !== undefined) return codeVerdict(marked.code)
    return undefined
  }

  /** The same calls of the same ids fail whatever the order of arrival; only ids that are failing are remembered. */
  private shared(id: string): AccountVerdict | undefined {
    const shares = Object.entries(this.settings.shares)
    if (shares.length === 0) return undefined
    const failures = this.failuresOf.get(id) ?? 0
    let draw = randomShare(`${this.settings.seed}/${this.settings.night}/${id}/${failures}`)
    for (const [code, share] of shares) {
      if (draw < share) {
        this.failuresOf.set(id, failures + 1)
        return codeVerdict(Number(code))
      }
      draw -= share
    }
    this.failuresOf.delete(id)
    return undefined
  }
}

function refusal(code: number, tokenOk = true): AccountVerdict {
  return { code, fault: null, tokenOk, charged: false }
}

/** Of the codes only success, and by the older guides 201, costs. */
export function codeVerdict(code: number): AccountVerdict {
  return { code, fault: null, tokenOk: true, charged: code === 0 || code === 201 }
}

/** A number that is no fault answers as usual. */
export function faultVerdict(number: number): AccountVerdict {
  const fault = faults[number]
  if (!fault) return codeVerdict(0)
  return { code: fault.code, fault: number, tokenOk: true, charged: fault.charged }
}

/** A number from 0 to 1 (exclusive), the same for the same text: FNV-1a with a final mix. */
export function randomShare(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000
}
