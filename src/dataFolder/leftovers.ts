import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isLeftover } from '../core/temporaryFile.js'
import type { Layout } from './layout.js'

/**
 * Removes the temporary files that killed runs left. The folder must be locked. People may keep files of their own beside
 * exports and reports: there only names that this program makes are removed.
 * A folder that cannot be read is left to the step that needs it.
 */
export async function sweepLeftovers(layout: Layout): Promise<void> {
  const { data, state, raw, published, exports, reports, metrics } = layout
  for (const folder of [data, exports, metrics]) await sweep(folder, (name) => isLeftover(name, true))
  // `report` writes without the lock.
  await sweep(reports, (name) => isLeftover(name))
  await sweep(published, (name) => isLeftover(name, true), true)
  await sweep(state, (name) => isLeftover(name, true) || name === 'status.json.part')
  await sweep(raw, (name) => isLeftover(name, true) || name.endsWith('.parquet.part'), true)
}

async function sweep(folder: string, isLeft: (name: string) => boolean, recursive = false): Promise<void> {
  const names = await readdir(folder, { recursive }).catch(() => [])
  for (const name of names.filter(isLeft)) await rm(join(folder, name), { force: true })
}
