import { access } from 'node:fs/promises'
import { UsageError } from '../core/errors.js'
import type { Pipeline } from './pipeline.js'

/**
 * The pipeline of a folder under `pipelines/`; without a name, the one that `pipelines/default` names.
 * @throws UsageError when there is no such folder
 */
export async function loadPipeline(name: string | undefined): Promise<Pipeline> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const path = name === undefined ? `default.${extension}` : `${encodeURIComponent(name)}/definition.${extension}`
  const url = new URL(`../../pipelines/${path}`, import.meta.url)
  try {
    await access(url)
  } catch {
    throw new UsageError(`--pipeline ${name ?? ''}: there is no pipelines/${path}; name a folder that stands there`)
  }
  const { pipeline } = (await import(url.href)) as { pipeline: Pipeline }
  return pipeline
}
