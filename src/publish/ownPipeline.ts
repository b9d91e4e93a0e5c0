import { access, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFolder } from '../core/atomicFile.js'
import { isAbsent, pathExists } from '../core/absent.js'
import { EXIT, messageOf, UsageError } from '../core/errors.js'
import { foreignWriter, type ForeignWriter } from '../core/foreignWriter.js'
import { looksLikePath } from '../core/looksLikePath.js'
import { withTimeLimit } from '../core/timeLimit.js'
import { completePipeline, definePipeline } from '../load/schema/definePipeline.js'
import { tryDefinition } from '../load/schema/tryDefinition.js'
import { builtInNames, isBuiltIn } from '../model/isBuiltIn.js'
import { namingFaults, survivingFaults } from '../model/definitionFaults.js'
import { loadPipeline, type Pipeline } from '../model/pipeline.js'
import type { PipelineDefinition } from '../model/pipelineDefinition.js'
import { ownsProcess } from '../terminal/stopSignal.js'

/** The names that the file of a pipeline may have in its folder, the first one first. */
const FILES = ['definition.mjs', 'definition.js', 'definition.mts', 'definition.ts']

/**
 * The pipeline of a name, or of the path of one's own. Its file is a program with all rights of this user, so a path may only
 * come from the command line, the environment or a config file that nobody else may write: never from a data folder or `.env`.
 * @throws UsageError if there is none, somebody else may have written the file, or its definition is wrong
 */
export async function namedPipeline(nameOrPath: string | undefined): Promise<Pipeline> {
  if (nameOrPath === undefined || isBuiltIn(nameOrPath)) return loadPipeline(nameOrPath)
  if (!looksLikePath(nameOrPath)) throw unknownName(nameOrPath)
  const file = await fileOf(nameOrPath)
  checkWriter(file, foreignWriter(await stat(file)))
  let step = 'its import'
  return inTime(
    file,
    () => step,
    async () => {
      const definition = definePipeline(await definitionIn(file))
      if (isBuiltIn(definition.name))
        throw new UsageError(
          `${file}: creator-enrich has a pipeline called ${definition.name} itself: choose another name`,
        )
      const pipeline = completePipeline(definition, (await loadPipeline(undefined)).vendor)
      await tryDefinition(namingFaults(pipeline, file, (name) => (step = name)))
      return survivingFaults(namingFaults(pipeline, file))
    },
  )
}

function unknownName(name: string): UsageError {
  const there = ['', '.mjs', '.js', '.mts', '.ts']
    .map((ending) => name + ending)
    .find((each) => pathExists(resolve(each)))
  const meant = there === undefined ? '' : `; \`./${there}\` is in this folder`
  return new UsageError(`--pipeline ${name}: there is no such pipeline; there are ${builtInNames().join(', ')}${meant}`)
}

async function fileOf(path: string): Promise<string> {
  const full = resolve(path)
  const candidates = (await isFolder(full)) ? FILES.map((name) => join(full, name)) : [full]
  for (const candidate of candidates) {
    try {
      await access(candidate)
      return candidate
    } catch (error) {
      if (!isAbsent(error)) throw new UsageError(`--pipeline ${candidate} cannot be read: ${messageOf(error)}`)
    }
  }
  throw new UsageError(
    `--pipeline ${path}: ${candidates.length > 1 ? `${full} has no file definition.mjs` : `${full} does not exist`}`,
  )
}

function checkWriter(file: string, { owner, mode }: ForeignWriter): void {
  const who = owner === undefined ? `can be written by others (mode ${mode})` : `belongs to another user (uid ${owner})`
  const remedy = owner === undefined ? `chmod go-w ${file}` : `chown ${process.geteuid?.()} ${file}`
  if (owner === undefined && mode === undefined) return
  throw new UsageError(
    `--pipeline ${file} ${who}, and would run as a program with your rights; nothing was run: read it, then ${remedy}`,
  )
}

interface PipelineModule {
  readonly default?: unknown
  readonly pipeline?: unknown
}

async function definitionIn(file: string): Promise<PipelineDefinition> {
  let module: PipelineModule
  try {
    module = (await import(pathToFileURL(file).href)) as PipelineModule
  } catch (error) {
    const needsNewer = (error as { code?: unknown } | null)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const remedy = needsNewer ? ': run TypeScript with Node 22.18 or newer, or write JavaScript (.mjs)' : ''
    throw new UsageError(`--pipeline ${file} cannot be imported: ${messageOf(error)}${remedy}`, { cause: error })
  }
  const found = module.default ?? module.pipeline
  if (typeof found === 'object' && found !== null) return found as PipelineDefinition
  throw new UsageError(`--pipeline ${file}: it exports no pipeline: write \`export default { name: … }\``)
}

/** An import may wait for something that never comes, and a function may be a loop without an end. */
const LONGEST_MS = 10_000

/** Files that were given up, and why. A command that fails loads its pipeline once more, for the metrics. */
const givenUp = new Map<string, { readonly error: UsageError; readonly at: number }>()
const REMEMBERED_MS = 60_000

/**
 * @param what names what is being done with the file
 * @throws UsageError if it takes too long, or whatever it throws
 */
async function inTime<T>(file: string, what: () => string, work: () => Promise<T>): Promise<T> {
  const known = givenUp.get(file)
  if (known && performance.now() - known.at < REMEMBERED_MS) throw known.error
  const late = () => {
    const remedy = 'look for a loop without an end, or an `await` of something that never comes'
    const message = `--pipeline ${file}: ${what()} has not ended after ${LONGEST_MS / 1000} s; nothing was sent: ${remedy}`
    const error = new UsageError(message)
    givenUp.set(file, { error, at: performance.now() })
    return error
  }
  // No error can be thrown any more.
  const tellExit = () => {
    process.exitCode = EXIT.usage
    process.stderr.write(
      `error: --pipeline ${file}: ${what()} ended the process; nothing was sent: remove its call of process.exit\n`,
    )
  }
  process.once('exit', tellExit)
  try {
    return await withTimeLimit(LONGEST_MS, late, work, ownsProcess())
  } finally {
    process.off('exit', tellExit)
  }
}
