import type { ChildTable, Column, ColumnKind, ColumnType, Role } from './pipeline.js'

const TYPES: Readonly<Record<ColumnType, true>> = { text: true, count: true, ratio: true, flag: true, list: true }
const KINDS: Readonly<Record<ColumnKind, true>> = {
  identity: true,
  attribute: true,
  counter: true,
  volatile: true,
  derived: true,
}
/** The type that a column of each role has. */
const ROLES: Readonly<Record<Role, ColumnType>> = {
  id: 'text',
  displayName: 'text',
  profileUrl: 'text',
  bio: 'text',
  followers: 'count',
  engagement: 'count',
  posts: 'count',
  tier: 'text',
  gender: 'text',
  age: 'count',
  region: 'text',
  verification: 'text',
  tag: 'text',
}
/** Roles of numbers over time. */
const OVER_TIME: readonly Role[] = ['followers', 'engagement', 'posts']
const NAME = /^[a-z][a-z0-9_]*$/

/**
 * Checks the columns of a definition that somebody wrote without the compiler.
 * @throws Error that names the column and says what is wrong
 */
export function checkColumns(columns: Readonly<Record<string, Column>>, children: readonly ChildTable[]): void {
  checkTable(columns)
  for (const { name, path, columns: own } of children) {
    if (!NAME.test(name)) throw new Error(`child table ${name}: ${NAME_RULE}`)
    if (typeof path !== 'string') throw new Error(`child table ${name}: it needs the path of a list`)
    try {
      checkTable(own)
    } catch (error) {
      throw new Error(`child table ${name}: ${(error as Error).message}`, { cause: error })
    }
  }
}

const NAME_RULE = 'a name has small letters, digits and _ only, and begins with a letter'

function checkTable(columns: Readonly<Record<string, Column>>): void {
  const names = new Map<string, string>()
  const roles = new Map<Role, string>()
  const paths = new Map<string, string>()
  for (const [name, column] of Object.entries(columns)) {
    const like = names.get(name.toLowerCase())
    if (like !== undefined)
      throw new Error(`columns ${like} and ${name} differ only in the case of letters, which SQL ignores: rename one`)
    names.set(name.toLowerCase(), name)
    if (!NAME.test(name)) throw new Error(`column ${name}: ${NAME_RULE}`)
    checkColumn(name, column)
    const { role, path } = column
    if (path !== undefined) once(paths, path, name, `the path ${path}`)
    if (role !== undefined && role !== 'tag') once(roles, role, name, `the role ${role}`)
  }
}

function once<Key>(seen: Map<Key, string>, key: Key, name: string, what: string): void {
  const other = seen.get(key)
  if (other !== undefined) throw new Error(`columns ${other} and ${name} both have ${what}: only one may`)
  seen.set(key, name)
}

/** The type that a column with each `holds` has. */
const HOLDS: Readonly<Record<NonNullable<Column['holds']>, ColumnType>> = {
  object: 'list',
  any: 'list',
  scalar: 'text',
}

function checkColumn(name: string, { type, kind, path, derive, role, holds, description }: Column): void {
  expectOneOf(name, 'type', type, TYPES)
  expectOneOf(name, 'kind', kind, KINDS)
  // The value of the id column is the requested id, whether the profile has one or not.
  const isIdAlone = role === 'id' && path === undefined && derive === undefined
  if (!isIdAlone && (path === undefined) === (derive === undefined))
    throw new Error(`column ${name}: it needs a path or a derive function, and not both`)
  if ((kind === 'derived') !== (derive !== undefined))
    throw new Error(`column ${name}: the kind derived belongs to columns with a derive function, and to no others`)
  if (kind === 'counter' && type !== 'count' && type !== 'ratio')
    throw new Error(`column ${name}: a counter has the type count or ratio, not ${type}`)
  if (typeof description !== 'string' || description.trim() === '')
    throw new Error(`column ${name}: its description is missing`)
  if (holds !== undefined) {
    expectOneOf(name, 'holds', holds, HOLDS)
    if (HOLDS[holds] !== type)
      throw new Error(`column ${name}: holds ${holds} needs the type ${HOLDS[holds]}, not ${type}`)
  }
  if (role === undefined) return
  expectOneOf(name, 'role', role, ROLES)
  if (ROLES[role] !== type)
    throw new Error(`column ${name}: the role ${role} needs the type ${ROLES[role]}, not ${type}`)
  if (OVER_TIME.includes(role) && kind !== 'counter' && kind !== 'derived')
    throw new Error(`column ${name}: the role ${role} needs the kind counter or derived, not ${kind}`)
}

function expectOneOf(name: string, what: string, value: string, known: Readonly<Record<string, unknown>>): void {
  if (!Object.hasOwn(known, value))
    throw new Error(`column ${name}: its ${what} is ${value}; expected one of ${Object.keys(known).join(', ')}`)
}
