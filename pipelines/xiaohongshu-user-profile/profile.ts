import type { Profile } from '../../src/model/pipeline.js'

/**
 * What `data` of a code-0 answer holds. If `userid` is not text, the profile cannot be matched to the requested id, so the
 * answer is empty (deleted, banned or unknown user; inferred). A profile with another `userid` must never be stored under
 * the requested id.
 */
export function profile(data: unknown, requestedId: string): Profile {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { kind: 'empty' }
  const value = data as Readonly<Record<string, unknown>>
  const id = value['userid']
  if (typeof id !== 'string' || id.trim() === '') return { kind: 'empty' }
  return id.toLowerCase() === requestedId.toLowerCase() ? { kind: 'profile', value } : { kind: 'misdelivered', id }
}
