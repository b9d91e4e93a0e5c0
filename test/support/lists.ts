import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The n-th id of 24 hex digits without a marker for the simulator. */
export function plainId(n: number): string {
  return `5f${n.toString(16).padStart(22, '0')}`
}

/** Writes a list with a header and one id a line. @returns its path */
export function writeList(folder: string, ids: readonly string[], name = 'creators.csv'): string {
  const path = join(folder, name)
  writeFileSync(path, `user_id\n${ids.map((id) => `${id}\n`).join('')}`)
  return path
}
