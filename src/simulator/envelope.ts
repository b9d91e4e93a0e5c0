/** The upstream's codes and messages from its documentation; the HTTP statuses are in its definition since July 2026. */
const CODES: Readonly<Record<number, { readonly message: string; readonly status: number }>> = {
  100: { message: 'Invalid or inactive token', status: 401 },
  201: { message: 'No content available', status: 200 },
  301: { message: 'Collection failed, please retry', status: 500 },
  302: { message: 'Rate limit exceeded', status: 429 },
  303: { message: 'Daily quota exceeded', status: 429 },
  400: { message: 'Invalid parameters', status: 400 },
  404: { message: 'Not found', status: 404 },
  500: { message: 'Internal server error', status: 500 },
  503: { message: 'Service unavailable', status: 503 },
  600: { message: 'Permission denied', status: 403 },
  601: { message: 'Insufficient balance', status: 403 },
  602: { message: 'Token budget exhausted', status: 403 },
}

/** Null for success, like the upstream. */
export function messageFor(code: number): string | null {
  return code === 0 ? null : (CODES[code]?.message ?? `Unexpected result ${code}`)
}

/** The HTTP status of a code at the newer gateway; those of 301, 601 and 602 are inferred. */
export function statusFor(code: number): number {
  return CODES[code]?.status ?? 200
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
