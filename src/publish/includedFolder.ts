import { rm } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { z } from 'zod'
import type { Settings } from '../config/settings.js'
import { pathExists } from '../core/absent.js'
import { first } from '../core/duckdb.js'
import { messageOf, UsageError } from '../core/errors.js'
import { stateFile } from '../core/stateFile.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { isBuiltIn } from '../model/isBuiltIn.js'
import { loadPipeline } from '../model/pipeline.js'
import { withPublished } from './openPublished.js'

const schema = z.object({
  version: z.literal(1),
  /** Relative to the data folder, so that both may move together. */
  folder: z.string(),
  pipeline: z.string(),
})
const file = stateFile(schema, 'remove it, and name the other folder again with --include')

/** The other data folder whose newest rows are published here, too. */
export interface IncludedFolder {
  /** Its path, absolute. */
  readonly data: string
  readonly pipeline: string
}

/** @throws LocalError when the setting is there and cannot be read */
export async function readIncluded({ data, included }: Layout): Promise<IncludedFolder | undefined> {
  const kept = await file.read(included)
  return kept && { data: resolve(data, kept.folder), pipeline: kept.pipeline }
}

/** Keeps the setting for later publishes. The folder must be locked. */
export async function keepIncluded({ data, included }: Layout, chosen: IncludedFolder | undefined): Promise<void> {
  if (chosen === undefined) {
    if (pathExists(included)) await rm(included)
    return
  }
  const folder = relative(data, chosen.data)
  const kept = await file.read(included)
  if (kept?.folder === folder && kept.pipeline === chosen.pipeline) return
  await file.write(included, { version: 1, folder, pipeline: chosen.pipeline })
}

/**
 * The folder to include from now on: that of `--include`, or else the one that is kept. A kept folder that cannot be read
 * keeps nobody from a run: its rows stay as they are published.
 * @throws UsageError when the folder of `--include` cannot be included, or the kept one holds another kind of data
 */
export async function chooseIncluded(
  layout: Layout,
  { include, noInclude }: Pick<Settings, 'include' | 'noInclude'>,
  simulated: boolean,
): Promise<IncludedFolder | undefined> {
  if (noInclude) return undefined
  if (include === undefined) {
    const kept = await readIncluded(layout)
    const known = kept && (await describe(kept.data).catch(() => undefined))
    if (kept && known) checkKind(kept.data, known.simulated, simulated, '--no-include ends this')
    return kept
  }
  const { data } = layoutOf(include)
  if (data === layout.data) throw new UsageError(`--include ${data}: this is the data folder itself: name another one`)
  const found = await describe(data).catch((cause: unknown) => {
    throw new UsageError(`--include: ${messageOf(cause)}`, { cause })
  })
  checkKind(data, found.simulated, simulated, 'name another folder')
  const pipeline = isBuiltIn(found.pipeline) ? await loadPipeline(found.pipeline) : undefined
  if (pipeline?.shortName === undefined)
    throw new UsageError(
      `--include ${data}: its pipeline ${found.pipeline} cannot be included: name a folder of another pipeline`,
    )
  return { data, pipeline: pipeline.name }
}

interface Described {
  readonly pipeline: string
  readonly simulated: boolean | null
}

async function describe(data: string): Promise<Described> {
  const folder = await withPublished(layoutOf(data), (connection) =>
    first<Described>(connection, 'SELECT pipeline, simulated FROM data_folder'),
  )
  return folder!
}

/** Invented and real people do not stand side by side. */
function checkKind(data: string, other: boolean | null, simulated: boolean, remedy: string): void {
  if (other === null || other === simulated) return
  const [holds, given] = other ? ['simulated', 'real'] : ['real', 'simulated']
  throw new UsageError(
    `--include ${data}: it holds ${holds} data, which do not belong beside ${given} ones; nothing was sent: ${remedy}`,
  )
}
