import { isObject } from './json.js'
import type { Profile } from './pipeline.js'

/** Where a profile stands in `data` of a code 0, where that needs no code of its own. */
export interface ProfilePlace {
  /** Path of the profile: `data.user`; absent: `data` itself. */
  readonly path?: string
  /** Path of the id in the profile: `user_id`. Its text must be the requested id. */
  readonly id: string
  /** A second envelope inside `data`: the code at a path, which has this value in a success. */
  readonly success?: {
    readonly path: string
    readonly is: string | number | boolean
    /** Path of the message of a failure. */
    readonly message?: string
    /** What another value means. `refused` if absent: the id fails, and no further call is paid for in this run. */
    readonly otherwise?: 'invalid' | 'missing' | 'refused' | 'retry'
  }
}

/**
 * Makes the reader of `data` for this place. Nothing (null, `{}`) at a place is an empty answer. A place that is not there, or
 * something without a usable id, is unreadable: the upstream has changed its shape. A profile with another id must never be
 * stored under the requested one.
 */
export function profileAt({
  path,
  id: idPath,
  success,
}: ProfilePlace): (data: unknown, requestedId: string) => Profile {
  return (data, requestedId) => {
    if (isNothing(data)) return { kind: 'empty' }
    if (!isObject(data)) return { kind: 'unreadable', found: typeOf(data) }
    if (success) {
      const code = scalarAt(data, success.path)
      if (code === undefined) return { kind: 'unreadable', found: `an object without a usable ${success.path}` }
      if (code !== String(success.is)) {
        const said = success.message === undefined ? undefined : scalarAt(data, success.message)
        return {
          kind: success.otherwise ?? 'refused',
          code: `${success.path} ${code}`,
          ...(said === undefined ? {} : { message: said }),
        }
      }
    }
    let value: unknown = data
    for (const key of path?.split('.') ?? []) {
      if (!isObject(value)) return { kind: 'unreadable', found: `${typeOf(value)} above ${path}` }
      if (!Object.hasOwn(value, key)) return { kind: 'unreadable', found: `an object without ${path}` }
      value = value[key]
      if (isNothing(value)) return { kind: 'empty' }
    }
    if (!isObject(value)) return { kind: 'unreadable', found: typeOf(value) }
    const id = scalarAt(value, idPath)
    if (id === undefined || id === '') return { kind: 'unreadable', found: `an object without a usable ${idPath}` }
    return id === requestedId ? { kind: 'profile', value } : { kind: 'misdelivered', id }
  }
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (isObject(value) && Object.keys(value).length === 0)
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  return `a ${typeof value === 'string' ? 'text' : typeof value}`
}

/** The text, number or flag at a path, as text. */
function scalarAt(value: unknown, path: string): string | undefined {
  let current = value
  for (const key of path.split('.')) {
    if (!isObject(current) || !Object.hasOwn(current, key)) return undefined
    current = current[key]
  }
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof current) ? String(current) : undefined
}
