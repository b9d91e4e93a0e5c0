import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { onTestFinished } from 'vitest'

export interface SmallDisk {
  /** Changes its size. */
  resize(megabytes: number): void
}

/** Mounts a file system of this size at the folder until the end of the test; undefined if the machine does not allow it. */
export function smallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  const mount = (options: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0
  mkdirSync(folder, { recursive: true })
  if (process.platform !== 'linux' || !mount(`size=${megabytes}m`)) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return {
    resize(to) {
      if (!mount(`remount,size=${to}m`)) throw new Error(`cannot resize ${folder}`)
    },
  }
}
