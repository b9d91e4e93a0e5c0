import { createReadStream, type BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { messageOf, UsageError } from '../errors.js'

const CHUNK = 256 * 1024
/** Plain, and with an encrypted footer. */
const PARQUET = [Buffer.from('PAR1'), Buffer.from('PARE')]

/** One input file as it was when it was first looked at. */
export interface InputFile {
  readonly path: string
  readonly kind: 'csv' | 'parquet'
  /** Whether it can be read twice: a pipe cannot. */
  readonly regular: boolean
  bytes(): AsyncIterable<Buffer>
  /** @throws UsageError if the file is no longer the one that was first looked at */
  unchanged(): Promise<void>
}

/** @throws UsageError for a file that is missing, no file, unreadable, or not of the kind its name says */
export async function openFile(path: string): Promise<InputFile> {
  const before = await look(path)
  if (before.isDirectory()) throw new UsageError(`${path} is a folder; give a file`)
  const regular = before.isFile()
  return {
    path,
    regular,
    kind: regular ? await kindOf(path) : 'csv',
    bytes: () => bytes(path),
    async unchanged() {
      if (!regular) return
      const now = await look(path)
      const same =
        now.size === before.size && now.mtimeNs === before.mtimeNs && now.ino === before.ino && now.dev === before.dev
      if (!same) throw new UsageError(`${path} changed while it was being read; run again when it is complete`)
    },
  }
}

async function* bytes(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function look(path: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function kindOf(path: string): Promise<InputFile['kind']> {
  const named = ['.parquet', '.pq'].includes(extname(path).toLowerCase())
  const magic = await firstBytes(path, 4)
  if (!named) return 'csv'
  if (PARQUET.some((start) => magic.equals(start))) return 'parquet'
  throw new UsageError(`${path} is named as Parquet, but is none; name it .csv if it is CSV, or write it again`)
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  try {
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  ENOTDIR: 'does not exist; check the path',
  EACCES: 'may not be read by this user; change its permissions',
  EPERM: 'may not be read by this user; change its permissions',
  EISDIR: 'is a folder; give a file',
}

function unreadable(path: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason = REASONS[code] ?? `cannot be read (${messageOf(error)}); check the disk or copy it elsewhere`
  return new UsageError(`${path} ${reason}`, { cause: error })
}
