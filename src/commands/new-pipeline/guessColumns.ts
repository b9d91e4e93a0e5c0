import { columnName } from '../../model/columnName.js'
import type { ChildTable, Column, ColumnKind, Role } from '../../model/pipeline.js'
import { hasPlainKeys, isPlainKey, widestOf, type AnswerShape, type WideType } from './answerShape.js'

export interface GuessedColumns {
  readonly columns: Record<string, Column>
  readonly children: ChildTable[]
}

/** Names that tables use for something else, or that SQL reserves. */
type IsTaken = (name: string) => boolean

/** Objects within objects beyond this depth are kept whole. */
const MAX_DEPTH = 4

const COUNTED = /count|num|cnt|total|fans|follow|like|view|play|comment|share|repost|collect|post|video|score/i
const LINK = /url|link|avatar|cover|image|img|icon|face|photo|pic|token|background/i
const OF_VIEWER = /^(?:is_?)?(?:follow|block|mute|special_follow|me\b)/i

const ROLES: readonly (readonly [role: Role, type: WideType, key: RegExp])[] = [
  ['displayName', 'text', /^(?:nick_?name|screen_?name|display_?name|user_?name|uname|name)$/i],
  ['bio', 'text', /^(?:desc|description|bio|sign|signature|intro|introduction)$/i],
  ['region', 'text', /^(?:ip_?location|province|region|location|area)$/i],
  ['followers', 'count', /^(?:fans|followers?)(?:_?(?:count|num|cnt))?$/i],
  ['posts', 'count', /^(?:posts?|notes?|videos?|statuses|works?|aweme|archive)(?:_?(?:count|num|cnt))?$/i],
  ['engagement', 'count', /^(?:likes?|liked|total_?favorited|digg|heart)(?:_?(?:count|num|cnt))?$/i],
]

/**
 * Guesses the columns of a profile: each leaf is one, and each list of objects a child table.
 * @param id the key of the id in the profile
 */
export function guessColumns(profile: AnswerShape, id: string, isTaken: IsTaken): GuessedColumns {
  const columns: Record<string, Column> = {}
  const children: ChildTable[] = []
  const roles = new Set<Role>()

  function visit(shape: AnswerShape, way: readonly string[]): void {
    for (const [key, inner] of shape.keys) {
      if (!isPlainKey(key)) continue
      const keys = [...way, key]
      const path = keys.join('.')
      if (path === id) addId(inner, path)
      else if (widestOf(inner) === 'object' && hasPlainKeys(inner) && keys.length < MAX_DEPTH) visit(inner, keys)
      else add(key, path, inner)
    }
  }

  /** Its value is always the requested id. An id that is a number has a column of its own besides. */
  function addId(shape: AnswerShape, path: string): void {
    const isText = widestOf(shape) === 'text' && !isMixed(shape)
    columns['user_id'] = {
      ...{ type: 'text', kind: 'identity', ...(isText ? { path } : {}), role: 'id' },
      description: 'The id, as requested.',
    }
    if (!isText) columns[freeName(path, columns, isTaken)] = columnFor(path, shape, 'volatile')
  }

  function add(key: string, path: string, shape: AnswerShape): void {
    const type = widestOf(shape)
    const [role] = ROLES.find(([each, of, name]) => of === type && name.test(key) && !roles.has(each)) ?? []
    if (role) roles.add(role)
    const isCounter = role !== undefined && type === 'count'
    const column = columnFor(path, shape, isCounter ? 'counter' : kindFor(key, type, shape))
    columns[freeName(path, columns, isTaken)] = role ? { ...column, role } : column
    const { item } = shape
    if (type === 'list' && item && widestOf(item) === 'object' && hasPlainKeys(item)) addChild(path, item)
  }

  function addChild(path: string, item: AnswerShape): void {
    const own: Record<string, Column> = {}
    for (const [key, inner] of item.keys)
      own[freeName(key, own, isTaken)] = columnFor(key, inner, kindFor(key, widestOf(inner), inner))
    const name = `creator_${columnName(path)}`
    children.push({ name, path, description: `Items of ${path}; to be described.`, columns: own })
  }

  visit(profile, [])
  const { user_id: first, ...others } = columns
  return { columns: { ...(first ? { user_id: first } : {}), ...others }, children }
}

function columnFor(path: string, shape: AnswerShape, kind: ColumnKind): Column {
  const type = widestOf(shape)
  return {
    ...(type === 'object' || type === 'any' ? { type: 'list', holds: type } : { type }),
    ...(type === 'text' && isMixed(shape) ? { holds: 'scalar' } : {}),
    kind,
    path,
    description: `${path} of the answer; to be described.`,
  }
}

/** Whether some answers have a number or a flag where others have a text. */
function isMixed({ kinds }: AnswerShape): boolean {
  return [...kinds].some((kind) => kind !== 'text' && kind !== 'null')
}

function kindFor(key: string, type: WideType, { isLink, kinds }: AnswerShape): ColumnKind {
  if (type === 'any' || type === 'object') return 'volatile'
  // A count that is text in some answers would make a version each time.
  if (type === 'text') return isLink || LINK.test(key) || kinds.has('count') ? 'volatile' : 'attribute'
  if (type === 'flag') return OF_VIEWER.test(key) ? 'volatile' : 'attribute'
  if (type === 'ratio') return 'counter'
  return type === 'count' && COUNTED.test(key) ? 'counter' : 'attribute'
}

function freeName(path: string, columns: Readonly<Record<string, Column>>, isTaken: IsTaken): string {
  const wanted = columnName(path)
  const name = isTaken(wanted) || wanted === 'user_id' ? `profile_${wanted}` : wanted
  let free = name
  for (let n = 2; free in columns; n += 1) free = `${name}_${n}`
  return free
}
