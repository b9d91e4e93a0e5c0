import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../../src/core/atomicFile.js'
import { layoutOf, type Layout } from '../../src/dataFolder/layout.js'
import { takeLock } from '../../src/dataFolder/lock.js'
import { withWarehouse } from '../../src/load/warehouse.js'
import type { Pipeline } from '../../src/model/pipeline.js'

/** A folder with an empty working database, for each pipeline. */
const templates = new Map<Pipeline, Promise<Layout>>()

/**
 * Puts an empty working database and the lock file into a data folder that is missing or empty: to make its tables and views
 * takes a fifth of a small run. Tests of the tables themselves make them.
 * @returns removes it again if nothing else came into the folder, as where the run was refused
 */
export async function placeEmptyWarehouse(data: string, pipeline: Pipeline): Promise<() => void> {
  const layout = layoutOf(data)
  const isNew = !existsSync(layout.data)
  if (!isNew && readdirSync(layout.data).length > 0) return () => undefined
  const template = templates.get(pipeline) ?? makeTemplate(pipeline)
  templates.set(pipeline, template)
  const { warehouse, lock } = await template
  await makeFolder(layout.state)
  copyFileSync(warehouse, layout.warehouse)
  copyFileSync(lock, layout.lock)
  return () => {
    const names = existsSync(layout.data) ? readdirSync(layout.data, { recursive: true }) : []
    if (names.length === 3) rmSync(isNew ? layout.data : layout.state, { recursive: true })
  }
}

async function makeTemplate(pipeline: Pipeline): Promise<Layout> {
  const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-empty-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const lock = await takeLock(layoutOf(folder))
  await withWarehouse({ lock, pipeline }, () => Promise.resolve()).finally(() => lock.release())
  return lock.layout
}
