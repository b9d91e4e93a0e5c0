import type { Stats } from 'node:fs'

/** Why somebody else may have written a file: the uid of its owner, or its mode in octal digits. Neither: nobody else. */
export interface ForeignWriter {
  readonly owner?: number
  readonly mode?: string
}

/** Says whether another user than this one and root owns a file or may write it. Windows has no such owners and modes. */
export function foreignWriter({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): ForeignWriter {
  const self = process.geteuid?.()
  if (self === undefined) return {}
  if (uid !== self && uid !== 0) return { owner: uid }
  return (mode & 0o022) === 0 ? {} : { mode: (mode & 0o777).toString(8) }
}
