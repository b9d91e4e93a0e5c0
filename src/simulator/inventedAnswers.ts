import type { Column, Pipeline, SimulatedAnswers } from '../model/pipeline.js'
import type { ProfilePlace } from '../model/profileAt.js'
import { randomShare } from './account.js'

type Json = Record<string, unknown>
type Columns = Readonly<Record<string, Column>>

/** One person in this number is renamed, on one of the first five nights. */
const ONE_RENAMED_IN = 50
/** Followers: from tens to millions. */
const [FEWEST, MOST] = [30, 5_000_000]

/**
 * Invents answers from the columns of a pipeline alone: each path gets a value of its type. Counters grow from night to night,
 * other values stay, but for volatile ones and the names of a few. Nobody in them exists.
 */
export function inventedAnswers(
  { columns, children }: Pick<Pipeline, 'columns' | 'children'>,
  { path, id: idPath, success }: ProfilePlace,
): SimulatedAnswers {
  return {
    data(id, night) {
      const profile = invented(columns, id, night)
      for (const child of children) {
        const items = Array.from({ length: pick(`${id}/${child.name}`, 4) }, (_, at) =>
          invented(child.columns, `${id}/${child.name}/${at}`, 0),
        )
        put(profile, child.path, items)
      }
      const isNumber = Object.values(columns).some((column) => column.path === idPath && column.type === 'count')
      put(profile, idPath, isNumber ? Number(id) : id)
      const data: Json = path === undefined ? profile : {}
      if (path !== undefined) put(data, path, profile)
      if (success) put(data, success.path, success.is)
      return data
    },
  }
}

function invented(columns: Columns, id: string, night: number): Json {
  const profile: Json = {}
  for (const [name, column] of Object.entries(columns))
    if (column.path !== undefined) put(profile, column.path, valueOf(column, `${id}/${name}`, id, night))
  return profile
}

function valueOf({ type, kind, role, holds, path }: Column, seed: string, id: string, night: number): unknown {
  const share = randomShare(kind === 'volatile' ? `${seed}/${night}` : seed)
  if (type === 'flag') return share < 0.3
  if (type === 'list') return holds === 'object' ? {} : holds === 'any' ? null : []
  if (type === 'ratio') return Number(share.toFixed(4))
  if (type === 'count') return kind === 'counter' ? countOn(night, share, id) : Math.floor(share * 5)
  if (role === 'displayName') return `Example ${nameOf(id, night)}`
  if (role === 'profileUrl') return `https://example.com/${id}`
  if (role === 'gender') return ['male', 'female', 'unknown'][Math.floor(share * 3)]
  return `${path!.split('.').at(-1)!} ${Math.floor(share * 5) + 1}`
}

function countOn(night: number, share: number, id: string): number {
  const base = Math.floor(FEWEST * (MOST / FEWEST) ** share)
  return base + Math.floor(night * base * 0.005 * randomShare(`${id}/growth`))
}

function nameOf(id: string, night: number): string {
  const name = (text: string): string => Math.floor(randomShare(text) * 0xffffff).toString(36)
  const isRenamed = pick(`${id}/renamed`, ONE_RENAMED_IN) === 0 && night > pick(`${id}/night`, 5)
  return name(isRenamed ? `${id}/later` : id)
}

/** A whole number from 0 to below `choices`. */
function pick(seed: string, choices: number): number {
  return Math.floor(randomShare(seed) * choices)
}

/** Puts a value at the path of a column: `a.b`, or `list[key=value].rest` into the item of the list that has the value. */
function put(root: Json, path: string, value: unknown): void {
  const [, before, key, chosen, rest] = /^([^[]+)(?:\[(\w+)=(\w+)\]\.(.+))?$/.exec(path)!
  const keys = before!.split('.')
  const last = keys.pop()!
  let parent = root
  for (const each of keys) parent = (parent[each] ??= {}) as Json
  if (key === undefined) {
    parent[last] = Array.isArray(parent[last]) && Array.isArray(value) && value.length === 0 ? parent[last] : value
    return
  }
  const items = (parent[last] ??= []) as Json[]
  let item = items.find((each) => each[key] === chosen)
  if (!item) items.push((item = { [key]: chosen }))
  put(item, rest!, value)
}
