import { messageOf, UsageError } from '../core/errors.js'
import { CONTRACT, DERIVED_CELLS, kindOfResult, type ResultCheck } from './contract.js'
import { isObject } from './json.js'
import type { Column, ParsedId, Pipeline, SimulatedAnswers } from './pipeline.js'
import type { Resolved, Resolver } from './resolver.js'

/** A function of a pipeline of one's own threw, or returned something that the contract does not allow. */
export class DefinitionFault extends UsageError {}

/** The reason of a cell that `parseId` or `request` failed for. */
export const DEFINITION_FAILED = 'definition_failed'

/** So much of the message of an error is shown. */
const SAID_LENGTH = 200

/**
 * The pipeline, with functions that name themselves and their file when they fail. A derived ratio that is not a finite number
 * is null.
 * @param onCall receives the name of each function before it is called
 * @throws DefinitionFault, from each of its functions
 */
export function namingFaults(pipeline: Pipeline, file?: string, onCall?: (name: string) => void): Pipeline {
  const where = file === undefined ? '' : ` (${file})`
  const columns = Object.entries(pipeline.columns).map(([name, column]) => [name, derivedColumn(name, column)] as const)
  return {
    ...pipeline,
    parseId: named('parseId', CONTRACT.parsedId, (cell) => pipeline.parseId(cell)),
    request: named('request', CONTRACT.request, (id) => pipeline.request(id)),
    profile: named('profile', CONTRACT.profile, (...answer) => pipeline.profile(...answer)),
    check: named('check', CONTRACT.anomalies, (...row) => pipeline.check(...row)),
    columns: Object.fromEntries(columns),
    ...(pipeline.resolvers && { resolvers: pipeline.resolvers.map(namedResolver) }),
    simulatedAnswers,
  }

  function namedResolver(resolver: Resolver): Resolver {
    const of = (name: string): string => `${name} of the resolver ${resolver.endpoint}`
    const request = (input: string) => resolver.request(input)
    return {
      ...resolver,
      request: named(of('request'), CONTRACT.request, request),
      read: named(of('read'), CONTRACT.resolved, (...answer) => resolver.read(...answer)),
      simulatedData: async () => {
        try {
          const data = await resolver.simulatedData()
          return named(of('simulatedData'), CONTRACT.anything, (input: string) => data(input))
        } catch (error) {
          throw fault(of('simulatedData'), error)
        }
      },
      withoutStrangers: named(of('withoutStrangers'), CONTRACT.anything, (...answer) =>
        resolver.withoutStrangers(...answer),
      ),
    }
  }

  function derivedColumn(name: string, column: Column): Column {
    const { type } = column
    const derive = column.derive?.bind(column)
    if (!derive) return column
    const [fits, expected] = DERIVED_CELLS[type]
    const run = named(
      `derive of ${name}`,
      [(cell) => cell === null || fits(cell), expected],
      (...row: Parameters<typeof derive>) => {
        const cell = derive(...row) ?? null
        return type === 'ratio' && typeof cell === 'number' && !Number.isFinite(cell) ? null : cell
      },
    )
    return { ...column, derive: run }
  }

  async function simulatedAnswers(): Promise<SimulatedAnswers> {
    onCall?.('simulatedAnswers')
    let answers: SimulatedAnswers
    try {
      answers = await pipeline.simulatedAnswers()
    } catch (error) {
      throw fault('simulatedAnswers', error)
    }
    const given = named('simulatedAnswers', CONTRACT.answers, () => answers)()
    return {
      data: named('data of simulatedAnswers', CONTRACT.anything, (...call) => given.data(...call)),
      ...(given.code && {
        code: named('code of simulatedAnswers', CONTRACT.anything, (...call) => given.code!(...call)),
      }),
    }
  }

  function named<Given extends unknown[], Result>(
    name: string,
    [fits, expected]: ResultCheck,
    run: (...given: Given) => Result,
  ): (...given: Given) => Result {
    return (...given) => {
      onCall?.(name)
      let result: Result
      try {
        result = run(...given)
      } catch (error) {
        throw fault(name, error)
      }
      if (!fits(result)) throw new DefinitionFault(`${name} returned ${kindOfResult(result)}, not ${expected}${where}`)
      return result
    }
  }

  function fault(name: string, error: unknown): DefinitionFault {
    const said = messageOf(error).replace(/\s+/g, ' ').slice(0, SAID_LENGTH)
    return new DefinitionFault(`${name} threw: ${said}${where}`, { cause: error })
  }
}

/**
 * The same pipeline for cells and answers, one of which must not end a run: a cell that it fails for is not an id, and an answer
 * is unreadable. An id whose request cannot be made is known here, before the first call is paid.
 * @param pipeline names its faults
 */
export function survivingFaults(pipeline: Pipeline): Pipeline {
  return {
    ...pipeline,
    parseId: surviving(
      (cell) => {
        const parsed = pipeline.parseId(cell)
        if ('id' in parsed) pipeline.request(parsed.id)
        else if (parsed.resolve) {
          const { kind, input } = parsed.resolve
          pipeline.resolvers?.find((resolver) => resolver.kind === kind)?.request(input)
        }
        return parsed
      },
      (remedy) => ({ reason: DEFINITION_FAILED, remedy }),
    ),
    profile: surviving(pipeline.profile.bind(pipeline), (found) => ({ kind: 'unreadable', found })),
    ...(pipeline.resolvers && {
      resolvers: pipeline.resolvers.map((resolver) => survivingResolver(resolver, pipeline)),
    }),
  }
}

/** An id that no cell gave, such as a stored one; it is not an id for a pipeline that cannot make its request. */
export function checkedId(id: string, pipeline: Pick<Pipeline, 'request'>): ParsedId {
  const check = surviving(
    (): ParsedId => {
      pipeline.request(id)
      return { id }
    },
    (remedy) => ({ reason: DEFINITION_FAILED, remedy }),
  )
  return check()
}

/**
 * Where strangers cannot be taken out of an answer, only the fault is kept of it. An answer that leads to an id whose request
 * cannot be made is unreadable.
 */
function survivingResolver(resolver: Resolver, pipeline: Pick<Pipeline, 'request'>): Resolver {
  const read = surviving(
    (data: unknown, input: string): Resolved => {
      const resolved = resolver.read(data, input)
      if (resolved.kind === 'found') pipeline.request(resolved.id)
      return resolved
    },
    (found): Resolved => ({ kind: 'unreadable', found }),
  )
  return {
    ...resolver,
    withoutStrangers: surviving(resolver.withoutStrangers.bind(resolver), (fault) => ({ [DEFINITION_FAILED]: fault })),
    read(data, input) {
      const fault = isObject(data) ? data[DEFINITION_FAILED] : undefined
      return typeof fault === 'string' ? { kind: 'unreadable', found: fault } : read(data, input)
    },
  }
}

function surviving<Given extends unknown[], Result>(
  run: (...given: Given) => Result,
  otherwise: (message: string) => Result,
): (...given: Given) => Result {
  return (...given) => {
    try {
      return run(...given)
    } catch (error) {
      if (error instanceof DefinitionFault) return otherwise(error.message)
      throw error
    }
  }
}
