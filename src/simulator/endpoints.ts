import { codesOf, type Pipeline, type SimulatedAnswers } from '../model/pipeline.js'
import type { CodeTable } from '../model/vendor.js'
import { parameterIn, routeOf, type ReceivedRequest, type Route } from './route.js'

/** One endpoint of the simulated upstream. */
export interface SimulatedEndpoint {
  /** Null for the pipeline's profile, else the name of the resolver. */
  readonly name: string | null
  /** Of one charged call, in the vendor's currency. */
  readonly price: number
  readonly codes: CodeTable
  readonly route: Route
  isValid(id: string): boolean
  /** `data` of a success. */
  data(id: string, night: number): unknown
  /** The code in place of a success. */
  code?(id: string, night: number): number | undefined
}

/** What a request asks for. */
export interface RequestedCall {
  readonly endpoint: SimulatedEndpoint
  /** Whether the path is that of the endpoint; false: no endpoint has it. */
  readonly known: boolean
  /** The id, or the input of a resolver; `id` and `token` are empty if missing. */
  readonly id: string
  readonly token: string
}

/** The endpoints of a pipeline: that of its profiles, then its resolvers. */
export async function endpointsOf(pipeline: Pipeline, answers: SimulatedAnswers): Promise<SimulatedEndpoint[]> {
  const profile: SimulatedEndpoint = {
    name: null,
    price: pipeline.price,
    codes: codesOf(pipeline),
    route: routeOf(pipeline),
    isValid(id) {
      const parsed = pipeline.parseId(id)
      return 'id' in parsed && parsed.id === id
    },
    data: (id, night) => answers.data(id, night),
    code: (id, night) => answers.code?.(id, night),
  }
  const resolvers = (pipeline.resolvers ?? []).map(async (resolver): Promise<SimulatedEndpoint> => {
    const data = await resolver.simulatedData()
    return {
      name: resolver.endpoint,
      price: resolver.price,
      codes: codesOf({ vendor: pipeline.vendor, ...resolver }),
      route: routeOf({ name: resolver.endpoint, request: (input) => resolver.request(input) }),
      isValid: (input) => input !== '',
      data,
    }
  })
  return [profile, ...(await Promise.all(resolvers))]
}

/** What a request asks for. One for another path counts as one for a profile, with a wrong path. */
export function requestedCall(endpoints: readonly SimulatedEndpoint[], received: ReceivedRequest): RequestedCall {
  const token = parameterIn(received, 'token')
  const endpoint = endpoints.find(({ route }) => route(received).known) ?? endpoints[0]!
  return { endpoint, token, ...endpoint.route(received) }
}
