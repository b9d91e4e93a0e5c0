import { codesOf, type Pipeline } from './pipeline.js'

/** How calls that end as `missing` are judged: docs/pipelines.md. */
export const MISSING = {
  /** Such calls for an id in a run; then the id is finished. */
  attempts: 2,
  /** So many ids in a row, without a profile between them, may be missing; more of them mean that the API does not work. */
  inARow: 100,
  /** So many calls before and after one are looked at for ids that seemed missing and then gave a profile. */
  near: 200,
  /** One profile in so many may be of such an id; more of them mean that the code comes and goes, whatever the id. */
  recoveredOneIn: 20,
} as const

/** The codes that may mean that the endpoint has no such id, and the word for that. */
export interface MissingCodes {
  readonly codes: readonly string[]
  readonly reason: string
}

/** Undefined for an endpoint without such codes. */
export function missingCodes(pipeline: Pick<Pipeline, 'vendor' | 'codes' | 'missingReason'>): MissingCodes | undefined {
  const codes = Object.entries(codesOf(pipeline)).flatMap(([code, { kind }]) => (kind === 'missing' ? [code] : []))
  return codes.length === 0 ? undefined : { codes, reason: pipeline.missingReason ?? 'missing' }
}
