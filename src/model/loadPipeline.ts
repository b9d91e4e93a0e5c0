import { access } from 'node:fs/promises'
import { UsageError } from '../core/errors.js'
import type { Pipeline } from './pipeline.js'

/**
 * Imports the pipeline of a folder under `pipelines/`; without a name, the one that `pipelines/default` exports.
 * @throws UsageError if there is no such folder
 */
export async function loadPipeline(name: string | undefined): Promise<Pipeline> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const path = name === undefined ? `default.${extension}` : `${encodeURIComponent(name)}/definition.${extension}`
  const url = new URL(`../../pipelines/${path}`, import.meta.url)
  try {
    await access(url)
  } catch {
    throw new UsageError(`--pipeline ${name ?? ''}: there is no pipelines/${path}; name a folder of pipelines/`)
  }
  const { pipeline } = (await import(url.href)) as { pipeline: Pipeline }
  return pipeline
}
