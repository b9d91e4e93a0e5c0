import { access, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFolder } from '../core/atomicFile.js'
import { isAbsent, pathExists } from '../core/absent.js'
import { EXIT, messageOf, UsageError } from '../core/errors.js'
import { foreignWriter, type ForeignWriter } from '../core/foreignWriter.js'
import { looksLikePath } from '../core/looksLikePath.js'
import { completePipeline, definePipeline } from '../load/schema/definePipeline.js'
import { tryDefinition } from '../load/schema/tryDefinition.js'
import { builtInNames, isBuiltIn } from '../model/isBuiltIn.js'
import { namingFaults, survivingFaults } from '../model/definitionFaults.js'
import { loadPipeline, type Pipeline } from '../model/pipeline.js'
import type { PipelineDefinition } from '../model/pipelineDefinition.js'

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
  const definition = definePipeline(await definitionIn(file))
  if (isBuiltIn(definition.name))
    throw new UsageError(`${file}: creator-enrich has a pipeline called ${definition.name} itself: choose another name`)
  const pipeline = namingFaults(completePipeline(definition, (await loadPipeline(undefined)).vendor), file)
  await tryDefinition(pipeline)
  return survivingFaults(pipeline)
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
    module = await importInTime(file)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const needsNewer = (error as { code?: unknown } | null)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const remedy = needsNewer ? ': run TypeScript with Node 22.18 or newer, or write JavaScript (.mjs)' : ''
    throw new UsageError(`--pipeline ${file} cannot be imported: ${messageOf(error)}${remedy}`, { cause: error })
  }
  const found = module.default ?? module.pipeline
  if (typeof found === 'object' && found !== null) return found as PipelineDefinition
  throw new UsageError(`--pipeline ${file}: it exports no pipeline: write \`export default { name: … }\``)
}

/** An import may wait for something that never comes. */
const LONGEST_IMPORT_MS = 10_000

/** @throws UsageError if the import takes too long, or whatever the file throws */
async function importInTime(file: string): Promise<PipelineModule> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `--pipeline ${file}: its import has not ended after ${LONGEST_IMPORT_MS / 1000} s; nothing was sent: look for an \`await\` outside of its functions`
    timer = setTimeout(() => reject(new UsageError(message)), LONGEST_IMPORT_MS)
  })
  process.once('exit', tellExit)
  try {
    return await Promise.race([import(pathToFileURL(file).href) as Promise<PipelineModule>, late])
  } finally {
    process.off('exit', tellExit)
    clearTimeout(timer)
  }

  /** No error can be thrown any more. */
  function tellExit(): void {
    process.exitCode = EXIT.usage
    process.stderr.write(
      `error: --pipeline ${file}: its import ended the process; nothing was sent: remove its call of process.exit\n`,
    )
  }
}
