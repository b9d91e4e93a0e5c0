import { UsageError } from '../../core/errors.js'
import { isObject } from '../../model/json.js'
import type { ProfilePlace } from '../../model/profileAt.js'
import { isPlainKey } from './answerShape.js'

/** Keys of ids of people, the most certain one first. */
const ID_KEYS = [
  'userid',
  'useridstr',
  'idstr',
  'uid',
  'mid',
  'secuid',
  'authorid',
  'kolid',
  'creatorid',
  'openid',
  'id',
]
/** Keys of a code inside of `data`, and the values that mean a success. */
const CODE_KEYS = ['code', 'statuscode', 'ok', 'result', 'errno', 'errcode', 'ret', 'status', 'success']
const SUCCESSES: readonly unknown[] = [0, 1, 200, true, '0', '200', 'ok', 'OK', 'success', 'SUCCESS']
const MESSAGE_KEYS = ['message', 'msg', 'statusmsg', 'errmsg', 'desc']

const plain = (key: string): string => key.replaceAll('_', '').toLowerCase()

/**
 * Guesses where in `data` the profile is, from the key of the id that stands highest, and whether a code stands beside the
 * way to it.
 * @param idPath where the id is, if that is known
 * @throws UsageError if there is no id in one of the answers
 */
export function guessPlace(answers: readonly unknown[], idPath: string | undefined): ProfilePlace {
  const full = idPath ?? guessId(answers)
  if (full === undefined)
    throw new UsageError(
      'no key in the answers looks like the id of a person: give its path with --id-path data.user.id',
    )
  if (!answers.every((data) => isScalar(at(data, full))))
    throw new UsageError(`--id-path ${full}: there is no text or number in at least one of the answers`)
  const keys = full.split('.')
  const id = keys.pop()!
  if (keys.length === 0) return { id }
  const success = guessSuccess(answers, keys)
  return { path: keys.join('.'), id, ...(success ? { success } : {}) }
}

function guessId(answers: readonly unknown[]): string | undefined {
  let level: string[][] = [[]]
  while (level.length > 0) {
    const known = level.flatMap((path) =>
      keysAt(answers[0], path).map((key) => ({ path: [...path, key].join('.'), rank: ID_KEYS.indexOf(plain(key)) })),
    )
    const [best] = known
      .filter(({ path, rank }) => rank >= 0 && answers.every((data) => isScalar(at(data, path))))
      .sort((one, other) => one.rank - other.rank)
    if (best) return best.path
    level = level.flatMap((path) =>
      keysAt(answers[0], path)
        .filter((key) => isPlainKey(key) && isObject(at(answers[0], [...path, key].join('.'))))
        .map((key) => [...path, key]),
    )
  }
  return undefined
}

/** The code that stands highest beside the way to the profile and says success in each answer. */
function guessSuccess(answers: readonly unknown[], way: readonly string[]): ProfilePlace['success'] {
  for (let depth = 0; depth < way.length; depth += 1) {
    const above = way.slice(0, depth)
    const keys = keysAt(answers[0], above)
    for (const key of keys.filter((each) => CODE_KEYS.includes(plain(each)))) {
      const path = [...above, key].join('.')
      const [is] = answers.map((data) => at(data, path))
      if (!SUCCESSES.includes(is) || !answers.every((data) => at(data, path) === is)) continue
      const message = keys.find((each) => MESSAGE_KEYS.includes(plain(each)))
      return {
        path,
        is: is as string | number | boolean,
        ...(message === undefined ? {} : { message: [...above, message].join('.') }),
      }
    }
  }
  return undefined
}

/** The paths of plain keys in any of the answers that stand beside the way to the profile. */
export function keysBeside(answers: readonly unknown[], way: readonly string[]): string[] {
  const found = way.flatMap((next, depth) => {
    const above = way.slice(0, depth)
    const keys = answers.flatMap((data) => keysAt(data, above))
    return keys.filter((key) => key !== next && isPlainKey(key)).map((key) => [...above, key].join('.'))
  })
  return [...new Set(found)]
}

function keysAt(data: unknown, path: readonly string[]): string[] {
  const found = path.length === 0 ? data : at(data, path.join('.'))
  return isObject(found) ? Object.keys(found) : []
}

/** The value at a path of keys. */
export function at(data: unknown, path: string): unknown {
  let current = data
  for (const key of path.split('.')) {
    if (!isObject(current) || !Object.hasOwn(current, key)) return undefined
    current = current[key]
  }
  return current
}

function isScalar(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'bigint'
}
