import { parse } from 'node:querystring'
import type { Pipeline } from '../model/pipeline.js'

const PROBE = 'probe-of-the-id'

/** The content of a request: of its line, or of its form. `known`: whether the path is the endpoint's; `id` and `token` are empty if missing. */
export interface RequestedCall {
  readonly known: boolean
  readonly id: string
  readonly token: string
}

export type Route = (url: string, form: string) => RequestedCall

/**
 * Derives from the pipeline's own request the path of its endpoint, and where the id is: in a parameter of the query or the
 * form, or in the path.
 * @throws TypeError if the request does not contain the id
 */
export function routeOf(pipeline: Pipeline): Route {
  const { path, query, form } = pipeline.request(PROBE)
  const parameters = query ?? form
  const parameter = Object.keys(parameters).find((name) => parameters[name] === PROBE)
  const [before = '', after] = path.split(PROBE)
  if (parameter === undefined && after === undefined) {
    throw new TypeError(`pipeline ${pipeline.name}: its request holds the id neither in a parameter nor in the path`)
  }

  return (url, posted) => {
    const cut = url.indexOf('?')
    const requested = cut < 0 ? url : url.slice(0, cut)
    const values = parse(form ? posted : cut < 0 ? '' : url.slice(cut + 1))
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
