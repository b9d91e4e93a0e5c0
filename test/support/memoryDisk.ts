import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const PREFIX = 'creator-enrich-tests-'
/** More than all tests ever have there at once. */
const ROOM = 4 * 2 ** 30

/**
 * Lets the tests have their folders in a file system in memory, where the machine has one with room: on a disk they wait
 * for thousands of syncs. With a TMPDIR that is given, that is where they are.
 */
export default function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] || !existsSync(MEMORY)) return undefined
  for (const name of readdirSync(MEMORY)) if (isLeftOver(name)) remove(join(MEMORY, name))
  const { bavail, bsize } = statfsSync(MEMORY)
  if (bavail * bsize < ROOM) return undefined
  const folder = join(MEMORY, `${PREFIX}${process.pid}`)
  mkdirSync(folder)
  process.env['TMPDIR'] = folder
  return () => remove(folder)
}

/** Of tests that were killed. */
function isLeftOver(name: string): boolean {
  return name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`)
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
