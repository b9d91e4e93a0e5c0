import { createHash, type Hash } from 'node:crypto'
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isAbsent } from '../../core/absent.js'
import { makeFolder, syncFolder } from '../../core/atomicFile.js'
import { LocalError, messageOf } from '../../core/errors.js'
import { fileMode } from '../../core/fileModes.js'
import { remedyFor } from '../../core/remedyFor.js'
import { isLeftover, nameWithoutEnding, temporaryName } from '../../core/temporaryFile.js'
import { csvRecords } from '../../export/csvFile.js'

/** A file of the folder, as the manifest lists it. */
export interface WrittenFile {
  /** Under the folder, with `/`. */
  readonly path: string
  /** What it holds, in a few words. */
  readonly what: string
  /** Rows of a CSV file without the header; else null. */
  readonly rows: number | null
  readonly bytes: number
  /** In hex. */
  readonly sha256: string
}

export type CsvRow = readonly (string | null)[]

/**
 * A folder that is written under a temporary name and renamed when it is complete. Nobody else may read it, as in `raw/`.
 * Each file is synced, and its hash is taken while it is written.
 */
export class ExportFolder {
  readonly files: WrittenFile[] = []
  private readonly folders = new Set<string>()

  private constructor(
    private readonly target: string,
    private readonly place: string,
    private readonly bom: boolean,
  ) {}

  /**
   * @param target absolute; nothing, or an empty folder
   * @throws LocalError when it cannot be made
   */
  static async create(target: string, bom: boolean): Promise<ExportFolder> {
    return writing(target, async () => {
      await removeLeftovers(target)
      const folder = new ExportFolder(target, temporaryName(target), bom)
      await makeFolder(folder.place)
      return folder
    })
  }

  /** Writes rows as CSV; cells that a spreadsheet would run as a formula are guarded. @returns the number of rows */
  async csv(
    path: string,
    what: string,
    header: readonly string[],
    rows: AsyncIterable<CsvRow> | Iterable<CsvRow>,
  ): Promise<number> {
    let count = 0
    await this.write(path, what, async (append) => {
      await append((this.bom ? '\uFEFF' : '') + csvRecords([header]))
      for await (const row of rows) {
        count += 1
        await append(csvRecords([row]))
      }
      return count
    })
    return count
  }

  async json(path: string, what: string, content: unknown): Promise<void> {
    await this.bytes(path, what, Buffer.from(`${JSON.stringify(content, null, 2)}\n`))
  }

  async bytes(path: string, what: string, bytes: Uint8Array): Promise<WrittenFile> {
    return this.write(path, what, (append) => append(bytes).then(() => null))
  }

  /** Writes the manifest, which lists the other files, and gives the folder its name. */
  async finish(manifest: object): Promise<void> {
    const files = [...this.files]
    await this.json('manifest.json', 'this list', { ...manifest, files })
    await writing(this.target, async () => {
      for (const folder of [...this.folders, this.place]) await syncFolder(folder)
      await rename(this.place, this.target)
      await syncFolder(dirname(this.target))
    })
  }

  /** Removes what was written, unless it is finished. */
  async abandon(): Promise<void> {
    await rm(this.place, { recursive: true, force: true })
  }

  private async write(
    path: string,
    what: string,
    produce: (append: (piece: string | Uint8Array) => Promise<void>) => Promise<number | null>,
  ): Promise<WrittenFile> {
    const full = join(this.place, path)
    const handle = await writing(this.target, async () => {
      this.folders.add(dirname(full))
      await makeFolder(dirname(full))
      return open(full, 'wx', fileMode('private'))
    })
    const hash = createHash('sha256')
    let bytes = 0
    try {
      const rows = await produce(async (piece) => {
        bytes += await this.append(handle, hash, piece)
      })
      await writing(this.target, () => handle.sync())
      const file = { path, what, rows, bytes, sha256: hash.digest('hex') }
      this.files.push(file)
      return file
    } finally {
      await handle.close()
    }
  }

  private async append(handle: FileHandle, hash: Hash, piece: string | Uint8Array): Promise<number> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    hash.update(bytes)
    await writing(this.target, () => handle.writeFile(bytes))
    return bytes.length
  }
}

/** The default names differ by the time. */
const DEFAULT_NAME = /^person-\d{8}T\d{6}Z$/

/** Removes what a killed process left beside the target: it holds personal data. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target)
  const names = await readdir(folder).catch((error: unknown) => {
    if (isAbsent(error)) return []
    throw error
  })
  const kind = (name: string): string => name.replace(DEFAULT_NAME, 'person-')
  for (const name of names) {
    if (kind(nameWithoutEnding(name)) === kind(basename(target)) && isLeftover(name))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function writing<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LocalError) throw cause
    throw new LocalError(
      `cannot write ${target}: ${messageOf(cause)}; ${remedyFor(cause, 'free some space, or give another --out')}, then run the same command again; nothing was left behind`,
      { cause },
    )
  }
}
