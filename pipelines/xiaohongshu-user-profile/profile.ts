import type { Profile } from '../../src/model/pipeline.js'

/**
 * What `data` of a code-0 answer holds. Without a `userid` in text nothing proves whose profile it is: an empty answer
 * (deleted, banned or unknown user; inferred). Another `userid` than the one asked for must never be filed under it.
 */
export function profile(data: unknown, askedId: string): Profile {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { kind: 'empty' }
  const value = data as Readonly<Record<string, unknown>>
  const id = value['userid']
  if (typeof id !== 'string' || id.trim() === '') return { kind: 'empty' }
  return id.toLowerCase() === askedId.toLowerCase() ? { kind: 'profile', value } : { kind: 'misdelivered', id }
}
