import { parse } from 'node:querystring'
import type { Pipeline } from '../model/pipeline.js'

const PROBE = 'probe-of-the-id'

/** What a request line asks for: the id, empty if it is missing; `known` tells whether the path is the endpoint's. */
export interface RequestedCall {
  readonly known: boolean
  readonly id: string
  readonly token: string
}

export type Route = (url: string) => RequestedCall

/**
 * Learns from a pipeline's own request where its endpoint lies and in which query parameter, or where in the path, the id
 * stands.
 * @throws TypeError if the request holds the id nowhere
 */
export function routeOf(pipeline: Pipeline): Route {
  const { path, query } = pipeline.request(PROBE)
  const parameter = Object.keys(query).find((name) => query[name] === PROBE)
  const [before = '', after] = path.split(PROBE)
  if (parameter === undefined && after === undefined) {
    throw new TypeError(`pipeline ${pipeline.name}: its request holds the id neither in the query nor in the path`)
  }

  return (url) => {
    const cut = url.indexOf('?')
    const asked = cut < 0 ? url : url.slice(0, cut)
    const values = cut < 0 ? {} : parse(url.slice(cut + 1))
    const token = one(values['token'])
    if (parameter !== undefined) return { known: asked === path, id: one(values[parameter]), token }
    const known = asked.startsWith(before) && asked.endsWith(after!)
    return { known, id: known ? decoded(asked.slice(before.length, asked.length - after!.length)) : '', token }
  }
}

function one(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
