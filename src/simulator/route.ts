import { parse, type ParsedUrlQuery } from 'node:querystring'
import type { RequestSpec } from '../model/requestSpec.js'

const PROBE = 'probe-of-the-id'

/** A request of either method: of its line, or of its form. */
export interface ReceivedRequest {
  readonly path: string
  readonly parameters: ParsedUrlQuery
}

export function receivedRequest(url: string, form: string): ReceivedRequest {
  const cut = url.indexOf('?')
  const path = cut < 0 ? url : url.slice(0, cut)
  return { path, parameters: parse(form || (cut < 0 ? '' : url.slice(cut + 1))) }
}

/** The value of a parameter; empty if it is missing, or there more than once. */
export function parameterIn({ parameters }: ReceivedRequest, name: string): string {
  const value = parameters[name]
  return typeof value === 'string' ? value : ''
}

/** Whether a request is one for an endpoint, and the id in it, empty if missing. */
export type Route = (request: ReceivedRequest) => { readonly known: boolean; readonly id: string }

/**
 * Derives from an endpoint's own request its path, and where the id is: in a parameter of the query or the form, or in the
 * path.
 * @throws TypeError if the request does not contain the id
 */
export function routeOf(endpoint: { readonly name: string; request(id: string): RequestSpec }): Route {
  const { path, query, form } = endpoint.request(PROBE)
  const parameters = query ?? form
  const parameter = Object.keys(parameters).find((each) => parameters[each] === PROBE)
  const [before = '', after] = path.split(PROBE)
  if (parameter === undefined && after === undefined) {
    throw new TypeError(`${endpoint.name}: its request holds the id neither in a parameter nor in the path`)
  }

  return (received) => {
    if (parameter !== undefined) return { known: received.path === path, id: parameterIn(received, parameter) }
    const known = received.path.startsWith(before) && received.path.endsWith(after!)
    return { known, id: known ? decoded(received.path.slice(before.length, received.path.length - after!.length)) : '' }
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
