import { existsSync, readdirSync } from 'node:fs'

/** Whether `pipelines/` has a folder of this name. A pipeline of one's own must have another one. */
export function isBuiltIn(name: string): boolean {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return existsSync(new URL(`../../pipelines/${encodeURIComponent(name)}/definition.${extension}`, import.meta.url))
}

/** The folders of `pipelines/`. */
export function builtInNames(): string[] {
  return readdirSync(new URL('../../pipelines/', import.meta.url))
    .filter(isBuiltIn)
    .sort()
}
