import { existsSync } from 'node:fs'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { isBuiltIn } from '../../src/model/isBuiltIn.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { pipelineFor } from '../../src/publish/folderPipeline.js'

/** By data folder: once something is published, a folder keeps its pipeline. */
const known = new Map<string, Pipeline>()

/**
 * The same as `pipelineFor`, which opens the published file for the name: a fiftieth of a small run. This looks into a folder
 * once.
 */
export async function pipelineOfFolder(settings: Parameters<typeof pipelineFor>[0]): Promise<Pipeline> {
  const { data, database } = layoutOf(settings.data)
  if (settings.pipeline !== undefined || !existsSync(database)) {
    known.delete(data)
    return pipelineFor(settings)
  }
  const pipeline = known.get(data) ?? (await pipelineFor(settings))
  // A pipeline of one's own must be named each time.
  if (isBuiltIn(pipeline.name)) known.set(data, pipeline)
  return pipeline
}
