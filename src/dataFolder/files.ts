import { readdir, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { unreadablePath } from '../core/absent.js'
import { isFolder } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { nameWithoutEnding } from '../core/temporaryFile.js'
import type { Layout } from './layout.js'

/** The files of a data folder. All paths are absolute, and go through links as they are. */
export interface FolderFiles {
  readonly files: readonly string[]
  /** Links and folders that are not ours and are not searched, and the reason. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[]
}

/**
 * Every file under a data folder, and in our own folders also behind links; each real folder once. Data folders within it
 * are left out. Links that are not ours are listed as skipped.
 * @param links what to do about a link in our folders that we do not follow
 * @throws LocalError for such a link that is refused: its target could not be erased
 */
export async function filesUnder(layout: Layout, links: 'refuse' | 'skip' = 'refuse'): Promise<FolderFiles> {
  const walk = new Walk(layout, links)
  // Our folders come first: if a folder has two paths, we want the one that we use.
  for (const folder of foldersOf(layout)) {
    if (await isFolder(folder)) await walk.from(folder)
  }
  await walk.from(layout.data)
  return walk
}

/** Whether a path is in a place for creator-enrich's own files, where users should not write. */
export function isOurPlace(path: string, layout: Layout): boolean {
  return isBesideLink(path, layout) || foldersOf(layout).some((folder) => path.startsWith(folder + sep))
}

/** Whether a file is ours: `forget` may rewrite it, or else remove it. */
export function isOurs(path: string, layout: Layout): boolean {
  const { raw, state, published } = layout
  const inside = [raw, state, published].some((folder) => path.startsWith(folder + sep))
  // The published file is a copy where the file system has no links.
  return inside || path === layout.database || isBesideLink(path, layout) || isOutput(path, layout)
}

/** The files under `exports/`; `*` stands for the name of a list. `export/exportAll.ts` says how each is written. */
export const EXPORT_FILES = [
  '*.enriched.csv',
  '*.enriched.xlsx',
  '*.rejects.csv',
  'creators.csv',
  'creators.parquet',
  'creators.xlsx',
  'failures.csv',
] as const

export type ExportName = (typeof EXPORT_FILES)[number]

/** Whether a file, finished or not, is one that we write for people. They may keep others beside it: a linked folder may belong to others. */
export function isOutput(path: string, { exports, reports, metrics }: Layout): boolean {
  const ours: Record<string, readonly string[]> = {
    [exports]: EXPORT_FILES,
    [reports]: ['*.html'],
    [metrics]: ['*.prom'],
  }
  const name = nameWithoutEnding(path)
  return ours[dirname(path)]?.some((pattern) => fits(name, pattern)) ?? false
}

/** Whether a file, finished or not, is one of our workbooks. They cannot be searched for a person. */
export function isWorkbook(path: string, layout: Layout): boolean {
  return nameWithoutEnding(path).endsWith(WORKBOOK) && isOutput(path, layout)
}

/** Our workbooks that exist. */
export async function workbooksOf(layout: Layout): Promise<string[]> {
  const names = await readdir(layout.exports).catch(() => [] as string[])
  return names.map((name) => join(layout.exports, name)).filter((path) => isWorkbook(path, layout))
}

/** How the name of a workbook ends. */
export const WORKBOOK = '.xlsx'

function fits(name: string, pattern: string): boolean {
  return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern
}

/** A new link that is not in place yet, or a file that was moved aside for the link. */
function isBesideLink(path: string, { database }: Layout): boolean {
  return path.startsWith(`${database}.`)
}

function foldersOf({ state, raw, published, exports, reports, metrics }: Layout): string[] {
  return [state, raw, published, exports, reports, metrics]
}

class Walk implements FolderFiles {
  readonly files: string[] = []
  readonly skipped: { path: string; why: string }[] = []
  private readonly seen = new Set<string>()

  constructor(
    private readonly layout: Layout,
    private readonly links: 'refuse' | 'skip',
  ) {}

  /** @throws LocalError when the folder cannot be read */
  async from(folder: string): Promise<void> {
    try {
      await this.into(folder)
    } catch (error) {
      throw error instanceof LocalError ? error : unreadablePath(folder, error)
    }
  }

  private async into(folder: string): Promise<void> {
    const real = await realpath(folder)
    if (this.seen.has(real)) return
    this.seen.add(real)
    const entries = await readdir(folder, { withFileTypes: true })
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.isFile()) this.files.push(path)
      if (entry.isDirectory()) await this.intoSubfolder(path)
      if (entry.isSymbolicLink()) await this.visitLink(path)
    }
  }

  private async intoSubfolder(path: string): Promise<void> {
    if (await isDataFolder(path)) return
    try {
      await this.into(path)
    } catch (error) {
      if (error instanceof LocalError) throw error
      if (isOurs(path, this.layout)) throw unreadablePath(path, error)
      this.skipped.push({ path, why: messageOf(error) })
    }
  }

  private async visitLink(path: string): Promise<void> {
    // These links are made by creator-enrich itself.
    if (path === this.layout.database || isBesideLink(path, this.layout)) return
    const allowed = this.mayBeLinked(path)
    if (allowed && (await isFolder(path))) return this.into(path)
    if (this.links === 'refuse' && (allowed || isOurs(path, this.layout))) {
      throw new LocalError(
        `${path} is a link, and its target would not be erased: replace the link by the file or folder, then run the same command again; nothing was erased`,
      )
    }
    this.skipped.push({ path, why: 'a link is not followed' })
  }

  /** Folders that may be links, because no step removes or replaces them. */
  private mayBeLinked(path: string): boolean {
    const { raw, journal } = this.layout
    const folders = [...foldersOf(this.layout), journal, join(journal, 'loaded')]
    return folders.includes(path) || path.startsWith(raw + sep)
  }
}

/** An example is `demo/` within `data/`. */
async function isDataFolder(path: string): Promise<boolean> {
  const names: string[] = await readdir(join(path, 'state')).catch(() => [])
  return names.includes('lock.duckdb')
}
