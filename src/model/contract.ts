import { isObject } from './json.js'
import type { ColumnType } from './pipeline.js'

/** Whether a result is as the contract of pipelines says, and how that is said. */
export type ResultCheck = readonly [fits: (result: unknown) => boolean, expected: string]

/** What the functions of a pipeline return. */
export const CONTRACT = {
  parsedId: [isParsedId, '{ id } or { reason, remedy }'],
  request: [isRequest, '{ path, query } or { path, form }'],
  profile: [isProfile, 'one of the kinds of Profile'],
  resolved: [isResolved, 'one of the kinds of Resolved'],
  anomalies: [areAnomalies, 'a list of { kind, column, detail }'],
  answers: [areAnswers, 'an object with the function data'],
  anything: [() => true, ''],
} as const satisfies Record<string, ResultCheck>

/** What a derived column of each type returns, beside null. */
export const DERIVED_CELLS: Readonly<Record<ColumnType, ResultCheck>> = {
  text: [(cell) => typeof cell === 'string', 'a text or null'],
  list: [(cell) => typeof cell === 'string', 'JSON text or null'],
  flag: [(cell) => typeof cell === 'boolean', 'true, false or null'],
  count: [(cell) => typeof cell === 'bigint' || Number.isInteger(cell), 'a whole number or null'],
  ratio: [(cell) => typeof cell === 'number', 'a number or null'],
}

function areAnswers(answers: unknown): boolean {
  return isObject(answers) && typeof answers['data'] === 'function'
}

function isParsedId(parsed: unknown): boolean {
  if (!isObject(parsed)) return false
  const { id, reason, remedy } = parsed
  return 'id' in parsed ? typeof id === 'string' && id !== '' : typeof reason === 'string' && typeof remedy === 'string'
}

function isResolved(resolved: unknown): boolean {
  if (!isObject(resolved)) return false
  const { kind, id, reason, found } = resolved
  if (kind === 'found') return typeof id === 'string' && id !== ''
  return kind === 'miss' ? typeof reason === 'string' : kind === 'unreadable' && typeof found === 'string'
}

function isRequest(request: unknown): boolean {
  if (!isObject(request)) return false
  const { path, query, form } = request
  return typeof path === 'string' && path.startsWith('/') && isObject(query ?? form)
}

function isProfile(profile: unknown): boolean {
  if (!isObject(profile)) return false
  const { kind, value, id, found, code } = profile
  if (kind === 'profile') return isObject(value)
  if (kind === 'misdelivered') return typeof id === 'string'
  if (kind === 'unreadable') return typeof found === 'string'
  return kind === 'empty' || (FAILURES.includes(kind) && typeof code === 'string')
}

const FAILURES: readonly unknown[] = ['invalid', 'missing', 'refused', 'retry']

function areAnomalies(anomalies: unknown): boolean {
  if (!Array.isArray(anomalies)) return false
  return anomalies.every((each: unknown) => {
    if (!isObject(each)) return false
    const { kind, column, detail } = each
    return typeof kind === 'string' && typeof detail === 'string' && (column === null || typeof column === 'string')
  })
}

/** What a function returned, without its value: that may be about a person. */
export function kindOfResult(result: unknown): string {
  if (result === null || result === undefined) return String(result)
  if (result instanceof Promise) return 'a promise'
  if (Array.isArray(result)) return 'a list'
  if (typeof result === 'number') return Number.isInteger(result) ? 'a whole number' : 'a number with a fraction'
  return typeof result === 'string' ? 'a text' : typeof result === 'object' ? 'an object' : `a ${typeof result}`
}
