import { isObject } from '../../../src/model/json.js'

/** What an answer is that cannot be read, without any value. */
export function shapeOf(data: unknown): string {
  if (data === null || data === undefined) return 'nothing'
  if (Array.isArray(data)) return 'a list'
  return isObject(data) ? 'an object' : `a ${typeof data === 'string' ? 'text' : typeof data}`
}

/** A value of the same shape that names nobody. */
export function emptied(data: unknown): unknown {
  if (Array.isArray(data)) return []
  return isObject(data) ? {} : typeof data === 'string' ? '' : data
}
