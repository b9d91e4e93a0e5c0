import { createReadStream, type BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { commandText } from '../core/commandText.js'
import { messageOf, StoppedError, UsageError } from '../core/errors.js'
import { isStreamPath } from '../core/streamPath.js'
import { CHUNK } from './limits.js'
import { folderList, isNamedParquet, parquetParts } from './parquetFolder.js'
import { spool } from './spool.js'

/** One input, as it was when it was opened. Its bytes can be read more than once. */
export interface InputFile {
  /** Absolute, or `<stdin>`. */
  readonly path: string
  /** The name of the file or folder without its endings; '' for stdin. */
  readonly list: string
  /** A workbook is a zip, or what Excel 97 and encryption make of it. */
  readonly kind: 'text' | 'parquet' | 'workbook'
  readonly gzip: boolean
  /** The files that hold the rows: those of a folder, else the file itself. */
  readonly parts: readonly string[]
  bytes(): AsyncIterable<Buffer>
  /** Lets work read the file at any place. */
  withFd<T>(work: (fd: number) => Promise<T>): Promise<T>
  /** @throws UsageError if the file changed since it was opened */
  unchanged(): Promise<void>
  /** Releases the temporary file of a pipe. */
  close(): Promise<void>
}

const GZIP = Buffer.from([0x1f, 0x8b])
/** The magic bytes of plain Parquet and of Parquet with an encrypted footer. */
const PARQUET = [Buffer.from('PAR1'), Buffer.from('PARE')]

/** A zip, and the container of old and of encrypted workbooks. */
const WORKBOOK = [Buffer.from('PK\u0003\u0004'), Buffer.from([0xd0, 0xcf, 0x11, 0xe0])]

/**
 * Opens a file, or a folder of Parquet files, by its path. A named pipe can be read only once, so it is copied to a temporary
 * file first.
 * @throws UsageError if the path is missing or unreadable, a folder with other files, or if a name and the first bytes disagree
 */
export async function openFile(path: string, signal?: AbortSignal): Promise<InputFile> {
  const before = await statFile(path)
  if (before.isDirectory()) return openFolder(path)
  const list = listNameOf(path)
  if (!before.isFile()) return openPipe(fileChunks(path, signal), path, list, signal)
  return {
    path,
    list,
    ...kindOf(path, await firstBytes(path, 4)),
    parts: [path],
    bytes: () => untilStopped(fileChunks(path), path, signal),
    withFd: (work) => withFd(path, work),
    async unchanged() {
      const now = await statFile(path)
      const same =
        now.size === before.size && now.mtimeNs === before.mtimeNs && now.ino === before.ino && now.dev === before.dev
      if (!same) throw changed(path)
    },
    close: () => Promise.resolve(),
  }
}

/** Opens the Parquet files of a folder as one. */
async function openFolder(path: string): Promise<InputFile> {
  const parts = await listParts(path)
  const files: InputFile[] = []
  for (const part of parts) {
    if (!(await statFile(part)).isFile()) throw new UsageError(`${part} is not a file; remove it from the folder`)
    files.push(await openFile(part))
  }
  return {
    path,
    list: folderList(path),
    kind: 'parquet',
    gzip: false,
    parts,
    async *bytes() {
      for (const file of files) yield* file.bytes()
    },
    withFd: (work) => files[0]!.withFd(work),
    async unchanged() {
      for (const file of files) await file.unchanged()
      if ((await listParts(path)).join() !== parts.join()) throw changed(path)
    },
    close: () => Promise.resolve(),
  }
}

async function listParts(path: string): Promise<string[]> {
  try {
    return await parquetParts(path)
  } catch (error) {
    throw unreadable(path, error)
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
    kind: isWorkbook(spooled.head) ? 'workbook' : 'text',
    gzip: spooled.head.subarray(0, GZIP.length).equals(GZIP),
    parts: [path],
    bytes: () => untilStopped(spooled.bytes(), path, signal),
    withFd: (work) => work(spooled.fd),
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

/**
 * Whether an input has no name of its own: stdin, also by its path, and what a shell hands over in place of a file, as
 * `<(…)` does: its number is another one each time.
 */
export function isNameless(source: string): boolean {
  return source === '-' || isStreamPath(resolve(source))
}

export function listNameOf(path: string): string {
  const name = basename(path).replace(/\.gz$/i, '')
  return name.slice(0, name.length - extname(name).length)
}

/** If the name and the first bytes disagree, either may be wrong, so neither is trusted. */
function kindOf(path: string, magic: Buffer): Pick<InputFile, 'kind' | 'gzip'> {
  const ending = extname(path).toLowerCase()
  const gzip = magic.subarray(0, GZIP.length).equals(GZIP)
  if (isNamedParquet(path)) {
    if (PARQUET.some((start) => magic.equals(start))) return { kind: 'parquet', gzip: false }
    throw new UsageError(
      `${path} is named as Parquet, but is not Parquet; rename it to .csv if it is CSV, or write it again`,
    )
  }
  if (ending === '.gz' && !gzip) {
    throw new UsageError(`${path} is named .gz, but is not gzip; rename it to .csv if it is CSV, or compress it again`)
  }
  if (ending !== '.gz' && gzip) throw new UsageError(`${path} is compressed (gzip); add .gz to its name`)
  return { kind: isWorkbook(magic) ? 'workbook' : 'text', gzip }
}

function isWorkbook(magic: Buffer): boolean {
  return WORKBOOK.some((start) => magic.equals(start))
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

async function withFd<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
  const handle = await open(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  try {
    return await work(handle.fd)
  } finally {
    await handle.close()
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

function changed(path: string): UsageError {
  return new UsageError(`${path} changed while it was being read; run again when it is complete`)
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

function isMissing(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** What is wrong where a person gave something else than a path; the path is resolved, which spoils `https://`. */
function pastedText(path: string): string | undefined {
  const isLink = /(^|[\\/])https?:[\\/]/.test(path)
  if (/[\\/][0-9a-f]{24}(\?.*)?$/i.test(path))
    return isLink
      ? `is a link, not a file: put links into a file, one on each line, or pipe one: ${PIPED}`
      : `is not a file, but looks like an id: put ids into a file, one on each line, or pipe one: ${PIPED}`
  if (!isLink) return undefined
  return `is a URL, not a file: download it first, then give the file; a link to a profile can be piped: ${PIPED}`
}

const PIPED = `\`echo "…" | ${commandText(['run', '-', '--list', 'NAME'])}\``

function unreadable(path: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason =
    (isMissing(code) ? pastedText(path) : undefined) ??
    REASONS[code] ??
    `cannot be read (${messageOf(error)}); check the disk, or copy the file elsewhere`
  // The query of a shared link holds tokens.
  const shown = path.replace(/^.*[\\/](https?:)[\\/]+([^?]*).*/, '$1//$2')
  return new UsageError(`${shown} ${reason}`, { cause: error })
}
