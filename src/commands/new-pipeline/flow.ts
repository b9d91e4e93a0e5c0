import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathExists } from '../../core/absent.js'
import { commandText } from '../../core/commandText.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { plural } from '../../core/text.js'
import { shortened } from '../../flatten/readValue.js'
import { definePipeline } from '../../load/schema/definePipeline.js'
import { pipelineTables } from '../../load/schema/pipelineTables.js'
import type { IdSyntax } from '../../model/idParser.js'
import { isBuiltIn } from '../../model/isBuiltIn.js'
import { isObject, readJson } from '../../model/json.js'
import { loadPipeline, type Pipeline } from '../../model/pipeline.js'
import type { ProfilePlace } from '../../model/profileAt.js'
import type { Invocation } from '../command.js'
import { guessColumns } from './guessColumns.js'
import { at, guessPlace, keysBeside } from './guessPlace.js'
import { addToShape, emptyShape } from './answerShape.js'
import { filesOfPipeline } from './sourceText.js'

/** Writes the folder of a new pipeline. It has the shapes of the answers, and none of their values. */
export async function newPipelineFlow({ inputs, settings }: Invocation): Promise<number> {
  const [name = '', ...more] = inputs
  if (name === '') throw new UsageError('the name of the pipeline is empty: give one such as video-user')
  const folder = resolve(name)
  if (isBuiltIn(name)) throw new UsageError(`creator-enrich has a pipeline called ${name} itself: choose another name`)
  if (pathExists(folder)) throw new UsageError(`${folder} exists already: choose another name, or remove it`)
  const files = [...(settings.answers ?? []), ...more]
  if (files.length === 0) throw new UsageError('new-pipeline needs recorded answers: --from answer.json')
  const answers = files.map(readAnswer)
  const place = guessPlace(answers, settings.idPath)

  const profile = emptyShape()
  const ids: string[] = []
  for (const data of answers) {
    const value = place.path === undefined ? data : at(data, place.path)
    addToShape(profile, value)
    ids.push(String(at(value, place.id)))
  }
  const builtIn = await loadPipeline(undefined)
  const taken = namesOfTables(builtIn)
  const { columns, children } = guessColumns(profile, place.id, (each) => taken.has(each) || RESERVED.has(each))
  const { timeZone } = builtIn
  const { syntax, examples } = idSyntaxOf(ids)
  const { price } = settings
  const definition = { name, title: name, price: price ?? 1, timeZone, idColumns: ['user_id'], parseId: syntax }
  const request = (id: string) => ({ path: '/', query: { id } })
  definePipeline({ ...definition, request, profile: place, columns, children })

  const texts = filesOfPipeline({ name, price, timeZone, ids: syntax, place, columns, children, examples })
  mkdirSync(folder)
  // Not for others to write, whatever the umask says: such a program would be refused.
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, file), text, { mode: 0o644 })
  process.stdout.write(
    `${folder}: ${plural(Object.keys(columns).length, 'column')} from ${plural(files.length, 'answer')}
the profile is ${place.path === undefined ? 'data itself' : `data.${place.path}`}, its id is ${place.id}${
      place.success ? `; a success has ${place.success.path} ${String(place.success.is)}` : ''
    }
${besideText(answers, place)}next: fill in price, path and parameter in definition.mjs, look at each column in columns.mjs, then
  ${commandText(['run', `${name}/list.csv`, '--pipeline', `./${name}`, '--api', 'simulated', '--data', `${name}-demo`])}
`,
  )
  return 0
}

/** Which keys stand beside the profile or the way to it: they may belong to the person, and no column has them. */
function besideText(answers: readonly unknown[], { path, id, success }: ProfilePlace): string {
  const beside = keysBeside(answers, path?.split('.') ?? []).filter((key) => !isPartOf(success, key))
  if (beside.length === 0) return ''
  const more = beside.length > MOST_BESIDE ? ` and ${beside.length - MOST_BESIDE} more` : ''
  return `${beside
    .slice(0, MOST_BESIDE)
    .map((key) => `data.${key}`)
    .join(', ')}${more}: beside the profile, so in no column
  if they belong to the person: leave out path in definition.mjs, make its id ${path}.${id},
  begin each path in columns.mjs with ${path}., and add columns for these keys
`
}

function isPartOf(success: ProfilePlace['success'], key: string): boolean {
  return success?.path === key || success?.message === key
}

const MOST_BESIDE = 8

/** `data` of the answer in a file, or the whole of the file if it has no envelope. */
function readAnswer(path: string): unknown {
  let bytes
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UsageError(`--from ${path} cannot be read: ${messageOf(error)}`)
  }
  const read = readJson(bytes)
  if (!read.ok || !isObject(read.value))
    throw new UsageError(`--from ${path}: expected one answer of the endpoint, a JSON object`)
  const { code, data, message } = read.value
  if (code === undefined || data === undefined) return read.value
  const said = typeof message === 'string' && message !== '' ? ` (${shortened(message)})` : ''
  if (![0, '0'].includes(code as string))
    throw new UsageError(
      `--from ${path}: its code is ${shortened(JSON.stringify(code))}${said}, and 0 is a success: record an answer with a profile`,
    )
  if (!isObject(data))
    throw new UsageError(
      `--from ${path}: its code is 0, and its data is ${Array.isArray(data) ? 'a list' : data === null ? 'null' : `a ${typeof data}`}, not an object: record an answer with a profile`,
    )
  return data
}

/** The names that tables have for columns besides those of the profile. */
function namesOfTables(pipeline: Pipeline): ReadonlySet<string> {
  const wide = ['creators', 'creator_counters', 'creator_versions']
  const names = pipelineTables(pipeline).flatMap(({ name, columns }) => (wide.includes(name) ? columns : []))
  return new Set(['position', ...names.flatMap(({ name }) => (name in pipeline.columns ? [] : [name]))])
}

/** Words that need quotes in SQL and that keys of answers often are. */
const RESERVED: ReadonlySet<string> = new Set(
  'all and any as asc both case cast check column constraint create default desc distinct do else end except false fetch for foreign from grant group having in into is limit not null offset on only or order primary references select some table then to true union unique user using when where window with'.split(
    ' ',
  ),
)

/** A pattern that the ids have, as wide as their kind; their values are not in it. */
function idSyntaxOf(ids: readonly string[]): { syntax: IdSyntax; examples: string[] } {
  const all = (pattern: RegExp): boolean => ids.every((id) => pattern.test(id))
  const invented = (make: (n: number) => string): string[] => Array.from({ length: 20 }, (_, n) => make(n + 1))
  if (all(/^\d+$/)) {
    const length = Math.max(...ids.map((id) => id.length))
    return {
      syntax: { pattern: `[0-9]{3,${Math.max(12, length)}}`, looksLike: 'user id (digits)' },
      examples: invented((n) => String(1_000_000_000 + n)),
    }
  }
  if (all(/^[0-9a-f]{24}$/))
    return {
      syntax: { pattern: '[0-9a-f]{24}', looksLike: 'user id (24 hex digits)' },
      examples: invented((n) => `5f${n.toString(16).padStart(22, '0')}`),
    }
  return {
    syntax: { pattern: '[A-Za-z0-9_.-]{2,128}', looksLike: 'user id' },
    examples: invented((n) => `example_${n}`),
  }
}
