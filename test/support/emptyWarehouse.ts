import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../../src/core/atomicFile.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { takeLock } from '../../src/dataFolder/lock.js'
import { withWarehouse } from '../../src/load/warehouse.js'
import type { Pipeline } from '../../src/model/pipeline.js'

/** An empty working database of each pipeline. */
const templates = new Map<Pipeline, Promise<string>>()

/**
 * Puts an empty working database into a data folder that is missing or empty: to make its tables and views takes a fifth of a
 * small run. Tests of the tables themselves make them.
 * @returns removes it again if nothing else came into the folder, as where the run was refused
 */
export async function placeEmptyWarehouse(data: string, pipeline: Pipeline): Promise<() => void> {
  const layout = layoutOf(data)
  const isNew = !existsSync(layout.data)
  if (!isNew && readdirSync(layout.data).length > 0) return () => undefined
  const template = templates.get(pipeline) ?? makeTemplate(pipeline)
  templates.set(pipeline, template)
  const path = await template
  await makeFolder(layout.state)
  copyFileSync(path, layout.warehouse)
  return () => {
    const names = existsSync(layout.data) ? readdirSync(layout.data, { recursive: true }) : []
    if (names.length === 2) rmSync(isNew ? layout.data : layout.state, { recursive: true })
  }
}

async function makeTemplate(pipeline: Pipeline): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-empty-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const lock = await takeLock(layoutOf(folder))
  await withWarehouse({ lock, pipeline }, () => Promise.resolve()).finally(() => lock.release())
  return lock.layout.warehouse
}
