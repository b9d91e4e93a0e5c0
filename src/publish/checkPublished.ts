import { existsSync } from 'node:fs'
import { UsageError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'

/** @throws UsageError when there is nothing to read from */
export function checkPublished({ database }: Layout): void {
  if (existsSync(database)) return
  throw new UsageError(`${database} is not there: no run has published anything yet; \`creator-enrich run\` does`)
}
