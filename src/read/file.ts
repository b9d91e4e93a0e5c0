import { createReadStream, type BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Readable } from 'node:stream'
import { messageOf, UsageError } from '../core/errors.js'
import { CHUNK } from './limits.js'
import { spool } from './spool.js'

const GZIP = Buffer.from([0x1f, 0x8b])
/** Plain, and with an encrypted footer. */
const PARQUET = [Buffer.from('PAR1'), Buffer.from('PARE')]

/** One input as it was when it was first looked at; its bytes can be read as often as needed. */
export interface InputFile {
  /** Absolute, or `<stdin>`. */
  readonly path: string
  /** The file's name without its endings; '' for stdin. */
  readonly list: string
  readonly kind: 'text' | 'parquet'
  readonly gzip: boolean
  bytes(): AsyncIterable<Buffer>
  /** @throws UsageError if the file is no longer the one that was first looked at */
  unchanged(): Promise<void>
  /** Gives back what a pipe was kept in. */
  close(): Promise<void>
}

/**
 * Opens a file by its path. What can be read only once, such as a named pipe, is kept in a temporary file first.
 * @throws UsageError for a file that is missing, no file, unreadable, or not of the kind its name says
 */
export async function openFile(path: string): Promise<InputFile> {
  const before = await look(path)
  if (before.isDirectory()) throw new UsageError(`${path} is a folder; give a file`)
  const list = listOf(path)
  if (!before.isFile()) return openPipe(readable(path), path, list)
  return {
    path,
    list,
    ...kindOf(path, await firstBytes(path, 4)),
    bytes: () => readable(path),
    async unchanged() {
      const now = await look(path)
      const same =
        now.size === before.size && now.mtimeNs === before.mtimeNs && now.ino === before.ino && now.dev === before.dev
      if (!same) throw new UsageError(`${path} changed while it was being read; run again when it is complete`)
    },
    close: () => Promise.resolve(),
  }
}

/** What stdin gives, to its end: text, packed or not. */
export function openStdin(stdin: Readable): Promise<InputFile> {
  return openPipe(chunks(stdin), '<stdin>', '')
}

async function openPipe(bytes: AsyncIterable<Buffer>, path: string, list: string): Promise<InputFile> {
  const spooled = await spool(bytes, path)
  return {
    path,
    list,
    kind: 'text',
    gzip: spooled.head.subarray(0, GZIP.length).equals(GZIP),
    bytes: () => spooled.bytes(),
    unchanged: () => Promise.resolve(),
    close: () => spooled.close(),
  }
}

async function* chunks(stdin: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}

async function* readable(path: string): AsyncGenerator<Buffer> {
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

function listOf(path: string): string {
  const name = basename(path).replace(/\.gz$/i, '')
  return name.slice(0, name.length - extname(name).length)
}

/** A name that promises what the bytes do not keep is a mistake somewhere: none of the two is believed. */
function kindOf(path: string, magic: Buffer): Pick<InputFile, 'kind' | 'gzip'> {
  const ending = extname(path).toLowerCase()
  const gzip = magic.subarray(0, GZIP.length).equals(GZIP)
  if (ending === '.parquet' || ending === '.pq') {
    if (PARQUET.some((start) => magic.equals(start))) return { kind: 'parquet', gzip: false }
    throw new UsageError(`${path} is named as Parquet, but is none; name it .csv if it is CSV, or write it again`)
  }
  if (ending === '.gz' && !gzip) {
    throw new UsageError(`${path} is named .gz, but is not gzip; name it .csv if it is CSV, or pack it again`)
  }
  if (ending !== '.gz' && gzip) throw new UsageError(`${path} is compressed (gzip); add .gz to its name`)
  return { kind: 'text', gzip }
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
