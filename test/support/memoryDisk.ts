import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const PREFIX = 'creator-enrich-tests-'
/** Bytes; more than all tests use at once. */
const NEEDED = 4 * 2 ** 30

/**
 * Puts the folders of the tests in a file system in memory, if the machine has one with enough space: on a disk the tests
 * wait for thousands of syncs. A TMPDIR from the environment is respected.
 */
export default function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] || !existsSync(MEMORY)) return undefined
  for (const name of readdirSync(MEMORY)) if (isLeftOver(name)) remove(join(MEMORY, name))
  const { bavail, bsize } = statfsSync(MEMORY)
  if (bavail * bsize < NEEDED) return undefined
  const folder = join(MEMORY, `${PREFIX}${process.pid}`)
  mkdirSync(folder)
  process.env['TMPDIR'] = folder
  return () => remove(folder)
}

/** Whether the folder is from a test run that was killed. */
function isLeftOver(name: string): boolean {
  return name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`)
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
