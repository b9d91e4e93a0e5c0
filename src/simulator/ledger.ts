/** One call in the upstream's books. It never holds a token. */
export interface Entry {
  /** From 1, in the order of arrival. */
  readonly seq: number
  /** Null for a profile, else the name of the resolver. */
  readonly endpoint: string | null
  /** The id, or the input of the resolver. */
  readonly id: string
  readonly tokenOk: boolean
  /** The code that was answered, or would have been; null for a fault without a code. */
  readonly code: number | null
  /** The number of the fault; null for a usual answer. */
  readonly fault: number | null
  readonly charged: boolean
  /** Of a charged call at this endpoint. */
  readonly price: number
  /** Whether a whole answer has left this process; false while the call is open. The client may still not have read it. */
  sentWhole: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Summary {
  readonly calls: number
  readonly charged: number
  /** The prices of the charged calls. */
  readonly cost: number
  /** Calls by code; faults without a code count as `fault NNN`. */
  readonly codes: Readonly<Record<string, number>>
  readonly sentWhole: number
  readonly inFlight: number
  readonly peakInFlight: number
  /** Calls that came for an id while another call for it was still being answered. */
  readonly overlaps: number
  /** Requests that followed the redirect to another origin, with the token. */
  readonly redirectsFollowed: number
}

/** The upstream's record of calls, answers and charges; the fault tests compare our tables with it. */
export class Ledger {
  private list: Entry[] = []
  private codes = new Map<string, number>()
  private openCalls = new Map<string, number>()
  private seq = 0
  private charged = 0
  /** Charged calls by price: a sum of prices would gather errors of rounding. */
  private chargedAt = new Map<number, number>()
  private sentWhole = 0
  private inFlight = 0
  private peakInFlight = 0
  private overlaps = 0
  private redirectsFollowed = 0

  /** With `counts` no entry is kept, so memory does not grow with the number of calls. */
  constructor(private readonly keep: 'entries' | 'counts') {}

  /** Empty in counts mode. */
  get entries(): readonly Entry[] {
    return this.list
  }

  /** Calls that are being answered. */
  get callsInFlight(): number {
    return this.inFlight
  }

  open(call: Omit<Entry, 'seq' | 'sentWhole'>): Entry {
    this.seq += 1
    const entry = { seq: this.seq, ...call, sentWhole: false }
    if (this.keep === 'entries') this.list.push(entry)
    const word = call.code === null ? `fault ${String(call.fault).padStart(3, '0')}` : String(call.code)
    this.codes.set(word, (this.codes.get(word) ?? 0) + 1)
    if (call.charged) {
      this.charged += 1
      this.chargedAt.set(call.price, (this.chargedAt.get(call.price) ?? 0) + 1)
    }
    this.inFlight += 1
    this.peakInFlight = Math.max(this.peakInFlight, this.inFlight)
    const open = this.openCalls.get(call.id) ?? 0
    if (open > 0) this.overlaps += 1
    this.openCalls.set(call.id, open + 1)
    return entry
  }

  close(entry: Entry, whole: boolean): void {
    entry.sentWhole = whole
    if (whole) this.sentWhole += 1
    this.inFlight -= 1
    const open = this.openCalls.get(entry.id) ?? 1
    if (open > 1) this.openCalls.set(entry.id, open - 1)
    else this.openCalls.delete(entry.id)
  }

  redirectFollowed(): void {
    this.redirectsFollowed += 1
  }

  /** The number of charges of each id. It is counted from the entries, so it is empty in counts mode. */
  chargesById(): Map<string, number> {
    const charges = new Map<string, number>()
    for (const entry of this.list) if (entry.charged) charges.set(entry.id, (charges.get(entry.id) ?? 0) + 1)
    return charges
  }

  summary(): Summary {
    const { seq: calls, charged, sentWhole, inFlight, peakInFlight, overlaps, redirectsFollowed } = this
    const codes = Object.fromEntries([...this.codes].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })))
    const total = [...this.chargedAt].reduce((sum, [price, count]) => sum + price * count, 0)
    const cost = Number(total.toFixed(6))
    return { calls, charged, cost, codes, sentWhole, inFlight, peakInFlight, overlaps, redirectsFollowed }
  }

  /** Drops all ended calls; calls in flight stay counted. */
  clear(): void {
    this.list = []
    this.codes.clear()
    this.seq = 0
    this.charged = 0
    this.chargedAt.clear()
    this.sentWhole = 0
    this.peakInFlight = this.inFlight
    this.overlaps = 0
    this.redirectsFollowed = 0
  }
}
