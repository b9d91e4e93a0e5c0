import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
}

/** Runs `work` in a folder on a disk of this size; `grow` changes the size. */
export async function withDisk<T>(
  bytes: number,
  work: (folder: string, grow: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-disk-'))
  try {
    mount(folder, `size=${bytes}`)
    try {
      return await work(folder, (more) => mount(folder, `remount,size=${more}`))
    } finally {
      execFileSync('umount', [folder])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether this process may mount a file system. */
export async function mayMount(): Promise<boolean> {
  try {
    await withDisk(65_536, () => Promise.resolve())
    return true
  } catch {
    return false
  }
}
