import { access, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFolder } from '../core/atomicFile.js'
import { isAbsent } from '../core/absent.js'
import { messageOf, UsageError } from '../core/errors.js'
import { foreignWriter, type ForeignWriter } from '../core/foreignWriter.js'
import { looksLikePath } from '../core/looksLikePath.js'
import { completePipeline, definePipeline } from '../load/schema/definePipeline.js'
import { isBuiltIn } from '../model/isBuiltIn.js'
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
  if (nameOrPath === undefined || !looksLikePath(nameOrPath)) return loadPipeline(nameOrPath)
  const file = await fileOf(nameOrPath)
  checkWriter(file, foreignWriter(await stat(file)))
  const definition = definePipeline(await definitionIn(file))
  if (isBuiltIn(definition.name))
    throw new UsageError(`${file}: creator-enrich has a pipeline called ${definition.name} itself: choose another name`)
  return completePipeline(definition, (await loadPipeline(undefined)).vendor)
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

async function definitionIn(file: string): Promise<PipelineDefinition> {
  let module: { readonly default?: unknown; readonly pipeline?: unknown }
  try {
    module = (await import(pathToFileURL(file).href)) as typeof module
  } catch (error) {
    if (error instanceof UsageError) throw error
    const needsNewer = (error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const remedy = needsNewer ? ': run TypeScript with Node 22.18 or newer, or write JavaScript (.mjs)' : ''
    throw new UsageError(`--pipeline ${file} cannot be imported: ${messageOf(error)}${remedy}`, { cause: error })
  }
  const found = module.default ?? module.pipeline
  if (typeof found === 'object' && found !== null) return found as PipelineDefinition
  throw new UsageError(`--pipeline ${file}: it exports no pipeline: write \`export default { name: … }\``)
}
