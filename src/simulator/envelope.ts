import type { CodeTable } from '../model/vendor.js'

/** Null for success, like the upstream. */
export function messageFor(codes: CodeTable, code: number): string | null {
  return code === 0 ? null : (codes[code]?.says ?? `Unexpected result ${code}`)
}

/** The HTTP status of a code. */
export function statusFor(codes: CodeTable, code: number): number {
  return codes[code]?.status ?? 200
}

export interface Envelope {
  /** A number, or the value that a fault puts there; `undefined` leaves the key out. */
  readonly code: unknown
  readonly data: unknown
  readonly message: string | null
}

/** The upstream's JSON text; `now` in milliseconds since 1970, `seq` is the number of the call. */
export function envelopeText({ code, data, message }: Envelope, seq: number, now: number): string {
  return JSON.stringify({ code, data, message, recordTime: recordTime(seq, now), requestId: requestId(seq) })
}

/** Local time at UTC+8 without a zone, nine fraction digits: `2026-07-28T14:04:54.608161445`. */
function recordTime(seq: number, now: number): string {
  const local = new Date(now + 8 * 3_600_000).toISOString().slice(0, 23)
  return `${local}${String(seq % 1_000_000).padStart(6, '0')}`
}

function requestId(seq: number): string {
  return seq.toString(16).padStart(32, '0')
}
