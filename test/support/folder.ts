import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'

/** A new folder, which is removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A new folder for all tests of a file, which is removed after the last one. Call it at the top of the file. */
export function folderOfFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
