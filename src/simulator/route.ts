import { parse } from 'node:querystring'
import type { Pipeline } from '../model/pipeline.js'

const PROBE = 'probe-of-the-id'

/** The content of a request line. `known`: whether the path is the endpoint's; `id` and `token` are empty if missing. */
export interface RequestedCall {
  readonly known: boolean
  readonly id: string
  readonly token: string
}

export type Route = (url: string) => RequestedCall

/**
 * Derives from the pipeline's own request the path of its endpoint, and where the id is: in a query parameter or in the
 * path.
 * @throws TypeError if the request does not contain the id
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
    const requested = cut < 0 ? url : url.slice(0, cut)
    const values = cut < 0 ? {} : parse(url.slice(cut + 1))
    const token = one(values['token'])
    if (parameter !== undefined) return { known: requested === path, id: one(values[parameter]), token }
    const known = requested.startsWith(before) && requested.endsWith(after!)
    return { known, id: known ? decoded(requested.slice(before.length, requested.length - after!.length)) : '', token }
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
