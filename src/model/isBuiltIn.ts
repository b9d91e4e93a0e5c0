import { existsSync } from 'node:fs'

/** Whether `pipelines/` has a folder of this name. A pipeline of one's own must have another one. */
export function isBuiltIn(name: string): boolean {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return existsSync(new URL(`../../pipelines/${encodeURIComponent(name)}/definition.${extension}`, import.meta.url))
}
