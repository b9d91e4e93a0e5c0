import { isDeepStrictEqual } from 'node:util'
import { nextDayIn } from '../core/time.js'
import type { Pipeline } from '../model/pipeline.js'
import type { CodeRule } from '../model/vendor.js'
import type { RequestedCall, SimulatedEndpoint } from './endpoints.js'
import { faults } from './faults.js'
import { isMarked, markedBehaviour } from './markers.js'
import type { SimulatorSettings } from './settings.js'

export interface AccountVerdict {
  readonly code: number | null
  readonly fault: number | null
  readonly tokenOk: boolean
  readonly charged: boolean
}

/** The callers' accounts at the upstream: access, rate, quota and money, and which calls fail. */
export class Account {
  private bucket: number | null = null
  private refilledAt = 0
  private balances = new Map<string, number>()
  private chargedToday = new Map<string, number>()
  private today = { night: -1, until: -Infinity }
  private spent = new Map<string, number>()
  private callsOf = new Map<string, number>()
  private failuresOf = new Map<string, number>()

  constructor(
    private readonly pipeline: Pick<Pipeline, 'vendor' | 'timeZone'>,
    private settings: SimulatorSettings,
    private readonly now: () => number,
  ) {}

  /** Applies changed settings. Setting a balance or budget refills it; a new night resets the counts of ids. */
  change(settings: SimulatorSettings, changed: Partial<SimulatorSettings>): void {
    this.settings = settings
    if ('balance' in changed) this.balances.clear()
    if ('budget' in changed) this.spent.clear()
    if ('ratePerSecond' in changed || 'burst' in changed) this.bucket = null
    if ('night' in changed) {
      this.callsOf.clear()
      this.failuresOf.clear()
    }
  }

  /** The verdict on this call; charges it when the verdict says so. */
  judge(call: RequestedCall): AccountVerdict {
    const { tokens, permission, quota, budget } = this.settings
    const { id, token, endpoint } = call
    if (!call.known) return this.refusal({ stop: 'route' }, false)
    if (token === '' || (tokens && !tokens.includes(token))) return this.refusal({ stop: 'token' }, false)
    if (!permission) return this.refusal({ stop: 'permission' })
    if (!this.isWithinRate()) return this.refusal({ kind: 'throttled' })
    if (this.balanceOf(token) === 0) return this.refusal({ stop: 'balance', limit: 'account' })
    if (budget !== null && (this.spent.get(token) ?? 0) >= budget)
      return this.refusal({ stop: 'balance', limit: 'token' })
    if (quota !== null && this.countToday(token, endpoint) >= quota) return this.refusal({ stop: 'quota' })
    if (!endpoint.isValid(id)) return this.refusal({ kind: 'invalid' })
    const verdict =
      this.verdictByMarker(id) ?? this.verdictByShares(id) ?? codeVerdict(endpoint.code?.(id, this.settings.night) ?? 0)
    if (verdict.charged) this.charge(call)
    return verdict
  }

  /** Charges one answer to the account; scripted answers are charged too. */
  charge({ token, endpoint }: RequestedCall): void {
    const account = this.accountOf(token)
    this.chargedToday.set(quotaKey(account, endpoint), this.countToday(token, endpoint) + 1)
    const balance = this.balanceOf(token)
    if (balance) this.balances.set(account, balance - 1)
    if (this.settings.budget !== null) this.spent.set(token, (this.spent.get(token) ?? 0) + 1)
  }

  /** The vendor's code that has this meaning. */
  private refusal(meaning: Partial<CodeRule>, tokenOk = true): AccountVerdict {
    const rules = Object.entries(this.pipeline.vendor.codes)
    const [code] = rules.find(([, rule]) => isDeepStrictEqual({ ...rule, ...meaning }, rule)) ?? [500]
    return { code: Number(code), fault: null, tokenOk, charged: false }
  }

  private isWithinRate(): boolean {
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

  private accountOf(token: string): string {
    return this.settings.accounts?.[token] ?? ''
  }

  private balanceOf(token: string): number | null {
    return this.balances.get(this.accountOf(token)) ?? this.settings.balance
  }

  private countToday(token: string, endpoint: SimulatedEndpoint): number {
    const now = this.now()
    if (this.today.night !== this.settings.night || now >= this.today.until) {
      this.today = { night: this.settings.night, until: nextDayIn(this.pipeline.timeZone, now) }
      this.chargedToday.clear()
    }
    return this.chargedToday.get(quotaKey(this.accountOf(token), endpoint)) ?? 0
  }

  private verdictByMarker(id: string): AccountVerdict | undefined {
    if (!isMarked(id)) return undefined
    const n = this.callsOf.get(id) ?? 0
    this.callsOf.set(id, n + 1)
    const behaviour = markedBehaviour(id, n)
    if (behaviour?.fault !== undefined) return faultVerdict(behaviour.fault)
    if (behaviour?.code !== undefined) return codeVerdict(behaviour.code)
    return undefined
  }

  /** The n-th call for an id fails the same way in any order of arrival. Only the counts of failing ids are kept. */
  private verdictByShares(id: string): AccountVerdict | undefined {
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

/** Each endpoint has a quota of its own. */
function quotaKey(account: string, { name }: SimulatedEndpoint): string {
  return JSON.stringify([account, name])
}

/** Only code 0 is charged, and 201 according to the vendor's older guides. */
export function codeVerdict(code: number): AccountVerdict {
  return { code, fault: null, tokenOk: true, charged: code === 0 || code === 201 }
}

/** An unknown fault number gets the usual answer. */
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
