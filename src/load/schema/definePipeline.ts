import { messageOf, UsageError } from '../../core/errors.js'
import { compilePipeline } from '../../flatten/compile.js'
import { checkColumns } from '../../model/checkColumns.js'
import { namingFaults } from '../../model/definitionFaults.js'
import { idParser } from '../../model/idParser.js'
import type { Pipeline, SimulatedAnswers } from '../../model/pipeline.js'
import type { PipelineDefinition } from '../../model/pipelineDefinition.js'
import { profileAt } from '../../model/profileAt.js'
import type { Billed, OutcomeKind } from '../../model/outcome.js'
import type { Resolver } from '../../model/resolver.js'
import type { CodeTable, Vendor } from '../../model/vendor.js'
import { inventedAnswers } from '../../simulator/inventedAnswers.js'
import { routeOf } from '../../simulator/route.js'
import { localDayOf } from './definition.js'
import { pipelineTables } from './pipelineTables.js'

const NAME = /^[a-z][a-z0-9-]{0,63}$/
const NO_VENDOR: Vendor = { hosts: { global: 'https://localhost' }, currency: '', codes: {} }

/**
 * Checks the definition of a pipeline of one's own, and returns it: `export default definePipeline({ … })` in a file for
 * `--pipeline`.
 * @throws UsageError with the first fault
 */
export function definePipeline<Definition extends PipelineDefinition>(definition: Definition): Definition {
  const named: unknown = (definition as PipelineDefinition | undefined)?.name
  try {
    if (typeof named !== 'string' || !NAME.test(named))
      throw new Error('its name has small letters, digits and - only, and begins with a letter')
    checkParts(definition)
    const pipeline = namingFaults(completePipeline(definition, NO_VENDOR))
    compilePipeline(pipeline)
    pipelineTables(pipeline)
    routeOf(pipeline)
    for (const resolver of pipeline.resolvers ?? [])
      routeOf({ name: resolver.endpoint, request: (input) => resolver.request(input) })
    localDayOf(pipeline.timeZone, 'observed_at')
  } catch (error) {
    throw new UsageError(`pipeline ${String(named)}: ${messageOf(error)}`, { cause: error })
  }
  return definition
}

/**
 * A definition with all that was left out.
 * @param vendor of the pipeline if it names none
 */
export function completePipeline(definition: PipelineDefinition, vendor: Vendor): Pipeline {
  const { parseId, profile, columns, children = [], simulatedAnswers } = definition
  return {
    version: 1,
    vendor,
    timeZone: 'UTC',
    genericIdColumns: [],
    check: () => [],
    ...definition,
    children,
    parseId: typeof parseId === 'function' ? parseId : idParser(parseId),
    profile: typeof profile === 'function' ? profile : profileAt(profile),
    simulatedAnswers: simulatedAnswers ?? ((): Promise<SimulatedAnswers> => Promise.resolve(invention())),
  }

  function invention(): SimulatedAnswers {
    if (typeof profile === 'function') throw new Error('simulatedAnswers is missing')
    return inventedAnswers({ columns, children }, profile)
  }
}

/** Checks what the compiler would find in TypeScript. */
function checkParts(definition: PipelineDefinition): void {
  const { title, price, vendor, codes, request, idColumns, parseId, profile, columns, children } = definition
  const { simulatedAnswers, resolvers, otherIdColumns } = definition
  expect(typeof title === 'string' && title.trim() !== '', 'title: expected a text')
  expect(Number.isFinite(price) && price >= 0, 'price: expected a number from 0 on')
  expect(typeof request === 'function', 'request: expected a function that takes an id')
  expect(Array.isArray(idColumns) && idColumns.length > 0, 'idColumns: expected a list of names of columns in inputs')
  expect(
    otherIdColumns === undefined || otherIdColumns instanceof RegExp,
    'otherIdColumns: expected a regular expression for names of columns in inputs',
  )
  expect(isPart(parseId, 'pattern'), 'parseId: expected an object with pattern and looksLike, or a function')
  expect(isPart(profile, 'id'), 'profile: expected an object with the path of the id, or a function')
  expect(
    typeof profile !== 'function' || simulatedAnswers !== undefined,
    'simulatedAnswers is missing: with a function as profile, answers cannot be invented from the columns',
  )
  expect(typeof columns === 'object', 'columns: expected an object')
  if (vendor !== undefined) checkVendor(vendor)
  if (codes !== undefined) checkCodes('codes', codes)
  if (resolvers !== undefined) checkResolvers(resolvers)
  for (const { reason, resolve } of typeof parseId === 'function' ? [] : (parseId.others ?? []))
    expect(
      resolve === undefined || (resolvers ?? []).some(({ kind }) => kind === resolve),
      `parseId.others: ${reason} names ${resolve}, but no resolver has this kind`,
    )
  checkColumns(columns, children ?? [])
}

function checkResolvers(resolvers: readonly Resolver[]): void {
  expect(Array.isArray(resolvers), 'resolvers: expected a list')
  resolvers.forEach((resolver, at) => {
    const { endpoint, kind, title, columns, remedies, price, codes } = resolver
    const place = `resolvers[${at}]`
    expect(NAME.test(endpoint), `${place}.endpoint: expected small letters, digits and - only`)
    expect(/^[a-z][a-z0-9_]*$/.test(kind), `${place}.kind: expected one word in snake_case`)
    expect(typeof title === 'string' && title.trim() !== '', `${place}.title: expected a text`)
    expect(Array.isArray(columns), `${place}.columns: expected a list of names of columns in inputs`)
    expect(typeof remedies === 'object', `${place}.remedies: expected an object with a text for each reason of a miss`)
    expect(Number.isFinite(price) && price >= 0, `${place}.price: expected a number from 0 on`)
    if (codes !== undefined) checkCodes(`${place}.codes`, codes)
    for (const name of ['request', 'read', 'withoutStrangers', 'simulatedData'] as const)
      expect(typeof resolver[name] === 'function', `${place}.${name}: expected a function`)
  })
  for (const key of ['endpoint', 'kind'] as const)
    expect(
      new Set(resolvers.map((resolver) => resolver[key])).size === resolvers.length,
      `resolvers: two have the same ${key}`,
    )
}

function checkVendor({ hosts, currency, codes }: Vendor): void {
  expect(typeof hosts === 'object' && 'global' in hosts, 'vendor.hosts.global: expected a URL')
  for (const [name, url] of Object.entries(hosts))
    expect(/^https?:\/\//.test(url) && URL.canParse(url), `vendor.hosts.${name}: expected a URL with http or https`)
  expect(/^[A-Z]{3}$/.test(currency), 'vendor.currency: expected three capital letters, such as USD')
  expect(typeof codes === 'object', 'vendor.codes: expected an object')
  checkCodes('vendor.codes', codes)
}

/** What an upstream's code can mean: what a body means is found by `profile`. */
const CODE_KINDS = [
  'empty',
  'invalid',
  'refused',
  'retry',
  'missing',
  'throttled',
  'stop',
] as const satisfies readonly OutcomeKind[]
const BILLED = ['yes', 'no', 'maybe'] as const satisfies readonly Billed[]

function checkCodes(place: string, codes: CodeTable): void {
  for (const [code, { kind, billed, stop, meaning }] of Object.entries(codes)) {
    const known: readonly string[] = CODE_KINDS
    expect(known.includes(kind), `${place}.${code}.kind: expected one of ${CODE_KINDS.join(', ')}`)
    expect((BILLED as readonly string[]).includes(billed), `${place}.${code}.billed: expected yes, no or maybe`)
    expect(typeof meaning === 'string', `${place}.${code}.meaning: expected a text`)
    expect(
      (kind === 'stop') === (stop !== undefined),
      `${place}.${code}.stop: goes with the kind stop, and only with it`,
    )
  }
}

function isPart(part: unknown, key: string): boolean {
  return typeof part === 'function' || (typeof part === 'object' && part !== null && key in part)
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}
