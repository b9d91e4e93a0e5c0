import { messageOf, UsageError } from '../core/errors.js'
import { isObject } from './json.js'
import type { Column, ColumnType, Pipeline, SimulatedAnswers } from './pipeline.js'
import type { Resolved, Resolver } from './resolver.js'

/** A function of a pipeline of one's own threw, or returned something that the contract does not allow. */
export class DefinitionFault extends UsageError {}

/** The reason of a cell that `parseId` or `request` failed for. */
export const DEFINITION_FAILED = 'definition_failed'

type Check = readonly [fits: (result: unknown) => boolean, expected: string]

const CELLS: Readonly<Record<ColumnType, Check>> = {
  text: [(cell) => typeof cell === 'string', 'a text or null'],
  list: [(cell) => typeof cell === 'string', 'JSON text or null'],
  flag: [(cell) => typeof cell === 'boolean', 'true, false or null'],
  count: [(cell) => typeof cell === 'bigint' || Number.isInteger(cell), 'a whole number or null'],
  ratio: [(cell) => typeof cell === 'number', 'a number or null'],
}

/** So much of the message of an error is shown. */
const SAID_LENGTH = 200

/**
 * The pipeline, with functions that name themselves and their file when they fail. A derived ratio that is not a finite number
 * is null.
 * @throws DefinitionFault, from each of its functions
 */
export function namingFaults(pipeline: Pipeline, file?: string): Pipeline {
  const where = file === undefined ? '' : ` (${file})`
  const columns = Object.entries(pipeline.columns).map(([name, column]) => [name, derivedColumn(name, column)] as const)
  return {
    ...pipeline,
    parseId: named('parseId', [isParsedId, '{ id } or { reason, remedy }'], (cell) => pipeline.parseId(cell)),
    request: named('request', [isRequest, '{ path, query } or { path, form }'], (id) => pipeline.request(id)),
    profile: named('profile', [isProfile, 'one of the kinds of Profile'], (...answer) => pipeline.profile(...answer)),
    check: named('check', [areAnomalies, 'a list of { kind, column, detail }'], (...row) => pipeline.check(...row)),
    columns: Object.fromEntries(columns),
    ...(pipeline.resolvers && { resolvers: pipeline.resolvers.map(namedResolver) }),
    simulatedAnswers,
  }

  function namedResolver(resolver: Resolver): Resolver {
    const of = (name: string): string => `${name} of the resolver ${resolver.endpoint}`
    const request = (input: string) => resolver.request(input)
    return {
      ...resolver,
      request: named(of('request'), [isRequest, '{ path, query } or { path, form }'], request),
      read: named(of('read'), [isResolved, 'one of the kinds of Resolved'], (...answer) => resolver.read(...answer)),
      simulatedData: async () => {
        try {
          const data = await resolver.simulatedData()
          return named(of('simulatedData'), ANYTHING, (input: string) => data(input))
        } catch (error) {
          throw fault(of('simulatedData'), error)
        }
      },
      withoutStrangers: named(of('withoutStrangers'), ANYTHING, (...answer) => resolver.withoutStrangers(...answer)),
    }
  }

  function derivedColumn(name: string, column: Column): Column {
    const { type } = column
    const derive = column.derive?.bind(column)
    if (!derive) return column
    const [fits, expected] = CELLS[type]
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
    let answers: SimulatedAnswers
    try {
      answers = await pipeline.simulatedAnswers()
    } catch (error) {
      throw fault('simulatedAnswers', error)
    }
    const given = named('simulatedAnswers', [areAnswers, 'an object with the function data'], () => answers)()
    return {
      data: named('data of simulatedAnswers', ANYTHING, (...call) => given.data(...call)),
      ...(given.code && { code: named('code of simulatedAnswers', ANYTHING, (...call) => given.code!(...call)) }),
    }
  }

  function named<Given extends unknown[], Result>(
    name: string,
    [fits, expected]: Check,
    run: (...given: Given) => Result,
  ): (...given: Given) => Result {
    return (...given) => {
      let result: Result
      try {
        result = run(...given)
      } catch (error) {
        throw fault(name, error)
      }
      if (!fits(result)) throw new DefinitionFault(`${name} returned ${kindOf(result)}, not ${expected}${where}`)
      return result
    }
  }

  function fault(name: string, error: unknown): DefinitionFault {
    const said = messageOf(error).replace(/\s+/g, ' ').slice(0, SAID_LENGTH)
    return new DefinitionFault(`${name} threw: ${said}${where}`, { cause: error })
  }
}

/**
 * The same pipeline for cells and answers, one of which must not end a run: a cell that it fails for is no id, and an answer
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
    ...(pipeline.resolvers && { resolvers: pipeline.resolvers.map(survivingResolver) }),
  }
}

/** Where strangers cannot be taken out of an answer, only the fault is kept of it. */
function survivingResolver(resolver: Resolver): Resolver {
  const read = surviving(resolver.read.bind(resolver), (found): Resolved => ({ kind: 'unreadable', found }))
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

const ANYTHING: Check = [() => true, '']

function areAnswers(answers: unknown): boolean {
  return isObject(answers) && typeof answers['data'] === 'function'
}

function isParsedId(parsed: unknown): boolean {
  if (!isObject(parsed)) return false
  const { id, reason, remedy } = parsed
  return 'id' in parsed ? typeof id === 'string' && id !== '' : typeof reason === 'string' && typeof remedy === 'string'
}

function isResolved(resolved: unknown): boolean {
  if (!isObject(resolved)) return false
  const { kind, id, reason, found } = resolved
  if (kind === 'found') return typeof id === 'string' && id !== ''
  return kind === 'miss' ? typeof reason === 'string' : kind === 'unreadable' && typeof found === 'string'
}

function isRequest(request: unknown): boolean {
  if (!isObject(request)) return false
  const { path, query, form } = request
  return typeof path === 'string' && path.startsWith('/') && isObject(query ?? form)
}

function isProfile(profile: unknown): boolean {
  if (!isObject(profile)) return false
  const { kind, value, id, found, code } = profile
  if (kind === 'profile') return isObject(value)
  if (kind === 'misdelivered') return typeof id === 'string'
  if (kind === 'unreadable') return typeof found === 'string'
  return kind === 'empty' || (FAILURES.includes(kind) && typeof code === 'string')
}

const FAILURES: readonly unknown[] = ['invalid', 'missing', 'refused', 'retry']

function areAnomalies(anomalies: unknown): boolean {
  if (!Array.isArray(anomalies)) return false
  return anomalies.every((each: unknown) => {
    if (!isObject(each)) return false
    const { kind, column, detail } = each
    return typeof kind === 'string' && typeof detail === 'string' && (column === null || typeof column === 'string')
  })
}

/** What a function returned, without its value: that may be about a person. */
function kindOf(result: unknown): string {
  if (result === null || result === undefined) return String(result)
  if (result instanceof Promise) return 'a promise'
  if (Array.isArray(result)) return 'a list'
  if (typeof result === 'number') return Number.isInteger(result) ? 'a whole number' : 'a number with a fraction'
  return typeof result === 'string' ? 'a text' : typeof result === 'object' ? 'an object' : `a ${typeof result}`
}
