import { statSync } from 'node:fs'
import type { Effects } from '../core/effects.js'
import type { Layout } from './layout.js'

/** Warns when root works in a folder of another user: that user cannot read or replace the files that root makes. */
export function warnOfRoot({ data }: Layout, { log }: Pick<Effects, 'log'>): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(data)
  if (uid === 0) return
  log(
    'warn',
    `root works in ${data}, which belongs to uid ${uid}: that user's next command fails at the files made now. Give them back: chown -R ${uid}:${gid} ${data}`,
    'root_in_folder',
  )
}
