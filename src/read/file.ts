import { createReadStream, type BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Readable } from 'node:stream'
import { messageOf, StoppedError, UsageError } from '../core/errors.js'
import { CHUNK } from './limits.js'
import { spool } from './spool.js'

/** One input, as it was when it was opened. Its bytes can be read more than once. */
export interface InputFile {
  /** Absolute, or `<stdin>`. */
  readonly path: string
  /** The file's name without its endings; '' for stdin. */
  readonly list: string
  readonly kind: 'text' | 'parquet'
  readonly gzip: boolean
  bytes(): AsyncIterable<Buffer>
  /** @throws UsageError if the file changed since it was opened */
  unchanged(): Promise<void>
  /** Releases the temporary file of a pipe. */
  close(): Promise<void>
}

const GZIP = Buffer.from([0x1f, 0x8b])
/** The magic bytes of plain Parquet and of Parquet with an encrypted footer. */
const PARQUET = [Buffer.from('PAR1'), Buffer.from('PARE')]

/**
 * Opens a file by its path. A named pipe can be read only once, so it is copied to a temporary file first.
 * @throws UsageError if the path is missing, a folder or unreadable, or if its name and its first bytes disagree
 */
export async function openFile(path: string, signal?: AbortSignal): Promise<InputFile> {
  const before = await statFile(path)
  if (before.isDirectory()) throw new UsageError(`${path} is a folder; give a file`)
  const list = listOf(path)
  if (!before.isFile()) return openPipe(fileChunks(path, signal), path, list, signal)
  return {
    path,
    list,
    ...kindOf(path, await firstBytes(path, 4)),
    bytes: () => untilStopped(fileChunks(path), path, signal),
    async unchanged() {
      const now = await statFile(path)
      const same =
        now.size === before.size && now.mtimeNs === before.mtimeNs && now.ino === before.ino && now.dev === before.dev
      if (!same) throw new UsageError(`${path} changed while it was being read; run again when it is complete`)
    },
    close: () => Promise.resolve(),
  }
}

/** Reads stdin to its end: text, compressed or not. */
export async function openStdin(stdin: Readable, signal?: AbortSignal): Promise<InputFile> {
  // A pipe may stay silent for ever, so a signal must not wait for its next bytes.
  const stop = () => stdin.destroy(stoppedAt('<stdin>', signal))
  // The error is thrown by the loop that reads; before that loop runs, it must not end the process.
  stdin.once('error', () => undefined)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await openPipe(chunks(stdin), '<stdin>', '', signal)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

async function openPipe(
  bytes: AsyncIterable<Buffer>,
  path: string,
  list: string,
  signal?: AbortSignal,
): Promise<InputFile> {
  const spooled = await spool(untilStopped(bytes, path, signal), path)
  return {
    path,
    list,
    kind: 'text',
    gzip: spooled.head.subarray(0, GZIP.length).equals(GZIP),
    bytes: () => untilStopped(spooled.bytes(), path, signal),
    unchanged: () => Promise.resolve(),
    close: () => spooled.close(),
  }
}

async function statFile(path: string): Promise<BigIntStats> {
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

/** If the name and the first bytes disagree, either may be wrong, so neither is trusted. */
function kindOf(path: string, magic: Buffer): Pick<InputFile, 'kind' | 'gzip'> {
  const ending = extname(path).toLowerCase()
  const gzip = magic.subarray(0, GZIP.length).equals(GZIP)
  if (ending === '.parquet' || ending === '.pq') {
    if (PARQUET.some((start) => magic.equals(start))) return { kind: 'parquet', gzip: false }
    throw new UsageError(
      `${path} is named as Parquet, but is not Parquet; rename it to .csv if it is CSV, or write it again`,
    )
  }
  if (ending === '.gz' && !gzip) {
    throw new UsageError(`${path} is named .gz, but is not gzip; rename it to .csv if it is CSV, or compress it again`)
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

/** The same chunks. @throws StoppedError at the next chunk after the signal */
async function* untilStopped(
  chunks: AsyncIterable<Buffer>,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  if (signal?.aborted) throw stoppedAt(path, signal)
  for await (const chunk of chunks) {
    if (signal?.aborted) throw stoppedAt(path, signal)
    yield chunk
  }
}

function stoppedAt(path: string, signal: AbortSignal | undefined): StoppedError {
  return new StoppedError(`stopped by a signal while ${path} was being read; nothing was sent`, Number(signal?.reason))
}

async function* fileChunks(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK, signal }) as AsyncIterable<Buffer>
  } catch (error) {
    if (signal?.aborted) throw stoppedAt(path, signal)
    throw unreadable(path, error)
  }
}

async function* chunks(stdin: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
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
  const reason = REASONS[code] ?? `cannot be read (${messageOf(error)}); check the disk, or copy the file elsewhere`
  return new UsageError(`${path} ${reason}`, { cause: error })
}

const SAVE_AS_CSV = 'open it in its own program, save it as "CSV UTF-8" and run again'
const UNPACK = 'unpack it first (gzip is the only compression that is read)'

/** Whether there is a control byte near the start. Text has only tabs, line ends, and seldom others. */
function hasControl(head: Buffer): boolean {
  return head
    .subarray(0, 32)
    .some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x1a) || (byte > 0x1b && byte < 0x20))
}

/** Parquet ends with its magic bytes, too. */
function isParquet(head: Buffer): boolean {
  return (
    hasControl(head) ||
    head
      .subarray(4)
      .toString('latin1')
      .endsWith(head.toString('latin1', 0, 4))
  )
}

/**
 * The first bytes of files that are not text tables, and what to do. A text may begin with letters such as PARE or ORC, so
 * magic bytes that are letters need a second sign.
 */
const BINARY: readonly [magic: Buffer, what: string, remedy: string, second?: (head: Buffer) => boolean][] = [
  [Buffer.from('PAR1'), 'is Parquet', 'give it as a file whose name ends in .parquet', isParquet],
  [Buffer.from('PARE'), 'is encrypted Parquet', 'write it without encryption', isParquet],
  [Buffer.from('PK\u0003\u0004'), 'is an Excel workbook or a zip file', SAVE_AS_CSV],
  [Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), 'is an old Excel workbook', SAVE_AS_CSV],
  [Buffer.from([0x1f, 0x8b]), 'is compressed (gzip) twice', 'unpack it once'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'is compressed (zstd)', UNPACK],
  [
    Buffer.from('BZh'),
    'is compressed (bzip2)',
    UNPACK,
    (head) => /^BZh[1-9](?:1AY&SY|.rE8P)/s.test(head.toString('latin1', 0, 10)),
  ],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), 'is compressed (xz)', UNPACK],
  [Buffer.from('7z\u00bc\u00af', 'latin1'), 'is compressed (7z)', UNPACK],
  [Buffer.from('%PDF'), 'is a PDF', SAVE_AS_CSV, (head) => /^%PDF-\d\.\d/.test(head.toString('latin1', 0, 8))],
  [Buffer.from('SQLite format 3\0'), 'is an SQLite database', SAVE_AS_CSV],
  [Buffer.from('ORC'), 'is ORC', 'write it as Parquet or CSV', hasControl],
  [Buffer.from('Obj\u0001'), 'is Avro', 'write it as Parquet or CSV'],
]

/** A byte order mark in bytes that were read as Latin-1. */
const MARK = /^(?:ï»¿|ÿþ|þÿ)/

/** Text that is not a table. Some export programs give such files the name of a spreadsheet. */
const MARKUP: readonly [start: RegExp, what: string][] = [
  [/^\s*<(?:!doctype|html|head|body|table|meta|\?xml|!--)/i, 'is a web page or XML'],
  [/^\s*(?:\{\s*"|\[\s*[{["])/, 'is JSON'],
]

/** The format of a binary file with these first bytes, as `is a PDF`; undefined if the format is not known. */
export function unsupportedFormat(head: Buffer): string | undefined {
  return binaryFormat(head)?.what
}

/** @throws UsageError if a file with these first bytes is not a text table */
export function refuseUnsupported(head: Buffer, source: string): void {
  const binary = binaryFormat(head)
  if (binary) throw new UsageError(`${source} ${binary.what}; ${binary.remedy}`)
  const text = head.toString('latin1').replaceAll('\0', '').replace(MARK, '')
  for (const [start, what] of MARKUP) {
    if (start.test(text)) throw new UsageError(`${source} ${what}; ${SAVE_AS_CSV}`)
  }
}

function binaryFormat(head: Buffer): { readonly what: string; readonly remedy: string } | undefined {
  const found = BINARY.find(([magic, , , second]) => {
    return head.subarray(0, magic.length).equals(magic) && (second === undefined || second(head))
  })
  return found && { what: found[1], remedy: found[2] }
}
