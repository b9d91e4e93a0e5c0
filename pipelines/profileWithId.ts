import { isObject } from '../src/model/json.js'
import type { Profile } from '../src/model/pipeline.js'

/**
 * What `data` of a code-0 answer holds, where a profile has its id under this key. Nothing (null, `{}`, no `data`) is an empty
 * answer: a deleted, banned or unknown user (inferred). Without text under the key the content cannot be matched to the
 * requested id, so it is unreadable: the upstream has changed its shape. A profile with another id must never be stored under
 * the requested one.
 */
export function profileWithId(key: string): (data: unknown, requestedId: string) => Profile {
  return (data, requestedId) => {
    if (data === null || data === undefined) return { kind: 'empty' }
    if (Array.isArray(data)) return { kind: 'unreadable', found: `a list of ${data.length}` }
    if (!isObject(data)) return { kind: 'unreadable', found: `a ${typeof data === 'string' ? 'text' : typeof data}` }
    if (Object.keys(data).length === 0) return { kind: 'empty' }
    const value: Readonly<Record<string, unknown>> = data
    if (!Object.hasOwn(value, key)) return { kind: 'unreadable', found: `an object without ${key}` }
    const id = value[key]
    if (typeof id !== 'string' || id.trim() === '')
      return { kind: 'unreadable', found: `an object with an unusable ${key}` }
    return id.toLowerCase() === requestedId.toLowerCase() ? { kind: 'profile', value } : { kind: 'misdelivered', id }
  }
}
