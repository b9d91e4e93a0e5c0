import { readFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { GroupCommit, type AppendFile } from '../../src/journal/groupCommit.js'
import { temporaryFolder } from '../support/folder.js'

const bytes = (text: string) => [Buffer.from(text)]
const explain = (cause: unknown) => new Error(`explained: ${(cause as Error).message}`)

async function openFile(path = join(temporaryFolder(), 'file'), flags = 'w'): Promise<FileHandle> {
  const file = await open(path, flags)
  onTestFinished(() => file.close())
  return file
}

/** A real file with some of its methods replaced. */
function withMethods(file: FileHandle, change: Partial<AppendFile>): AppendFile {
  return {
    writev: (buffers, position) => file.writev([...buffers], position),
    datasync: () => file.datasync(),
    ...change,
  }
}

describe('group commit', () => {
  test('many callers share few syncs, and each resolves after its own', async () => {
    const path = join(temporaryFolder(), 'file')
    const file = await openFile(path)
    let syncs = 0
    let written = 0
    let synced = 0
    const commits = new GroupCommit(
      withMethods(file, {
        writev: async (buffers, position) => {
          const done = await file.writev([...buffers], position)
          written += done.bytesWritten
          return done
        },
        datasync: async () => {
          const reached = written
          await file.datasync()
          synced = reached
          syncs += 1
        },
      }),
      0,
      explain,
    )
    const rounds = 20
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        for (let round = 0; round < rounds; round += 1) {
          const before = synced
          await commits.append(bytes('0123456789'))
          expect(synced).toBeGreaterThan(before)
        }
      }),
    )
    expect(readFileSync(path).length).toBe(64 * rounds * 10)
    expect(syncs).toBeLessThanOrEqual(2 * rounds + 2)
  })

  test('short writes are finished', async () => {
    const path = join(temporaryFolder(), 'file')
    const file = await openFile(path)
    const commits = new GroupCommit(
      withMethods(file, { writev: ([first], position) => file.writev([first!.subarray(0, 7)], position) }),
      0,
      explain,
    )
    const texts = Array.from({ length: 30 }, (_, index) => `<${'x'.repeat(index)}>`)
    await Promise.all(texts.map((text) => commits.append([Buffer.from(text), Buffer.from('|')])))
    expect(readFileSync(path, 'utf8')).toBe(texts.map((text) => `${text}|`).join(''))
  })

  test('a write of 0 bytes fails instead of looping for ever', async () => {
    const file = await openFile()
    const commits = new GroupCommit(
      withMethods(file, { writev: () => Promise.resolve({ bytesWritten: 0 }) }),
      0,
      explain,
    )
    await expect(commits.append(bytes('x'))).rejects.toThrow('explained')
  })

  test('after one failed sync everything fails, and no sync is tried again', async () => {
    const file = await openFile()
    let syncs = 0
    const commits = new GroupCommit(
      withMethods(file, {
        datasync: () => {
          syncs += 1
          return syncs === 2 ? Promise.reject(new Error('EIO: i/o error, fdatasync')) : file.datasync()
        },
      }),
      0,
      explain,
    )
    await commits.append(bytes('first'))
    const failing = commits.append(bytes('second'))
    const waiting = new Promise((resolve) => setImmediate(resolve)).then(() => commits.append(bytes('third')))
    await expect(failing).rejects.toThrow('explained: EIO')
    await expect(waiting).rejects.toThrow('explained: EIO')
    await expect(commits.append(bytes('fourth'))).rejects.toThrow('explained: EIO')
    await commits.idle()
    expect(syncs).toBe(2)
  })

  test('a full disk makes every append fail', async ({ skip }) => {
    const file = await openFile('/dev/full').catch(() => undefined)
    if (!file) return skip('no /dev/full here')
    const commits = new GroupCommit(file, 0, explain)
    await expect(commits.append(bytes('x'))).rejects.toThrow('explained: ENOSPC')
    await expect(commits.append(bytes('y'))).rejects.toThrow('explained: ENOSPC')
  })
})
