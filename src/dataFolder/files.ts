import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { LocalError, messageOf } from '../core/errors.js'
import type { Layout } from './layout.js'

/** What lies in a data folder; all paths absolute, as they are reached from it. */
export interface FolderFiles {
  readonly files: readonly string[]
  /** Links and folders of other people that nobody looks into, and why. */
  readonly closed: readonly { readonly path: string; readonly why: string }[]
}

/**
 * Every file under a data folder, those of linked folders of ours included; each real folder once. Other data folders
 * within it are left out, and links of other people are named.
 * @throws LocalError for a link in our folders that we do not follow: what it leads to could not be erased
 */
export async function filesUnder(layout: Layout): Promise<FolderFiles> {
  const walk = new Walk(layout)
  // Ours first: a folder that has two names goes by the one under which we use it.
  for (const folder of foldersOf(layout)) {
    if (await isFolder(folder)) await walk.into(folder)
  }
  await walk.into(layout.data)
  return walk
}

/** Whether a path lies where creator-enrich keeps its own files, so that nobody else should write there. */
export function isOurPlace(path: string, layout: Layout): boolean {
  return isBesideLink(path, layout) || foldersOf(layout).some((folder) => path.startsWith(folder + sep))
}

/** Whether a file is ours: to be erased, and removed if that fails. */
export function isOurs(path: string, layout: Layout): boolean {
  const { raw, state, published } = layout
  const inside = [raw, state, published].some((folder) => path.startsWith(folder + sep))
  return inside || isBesideLink(path, layout) || isOutput(path, layout)
}

/** One of the files that we write for people. They may keep others beside them: a linked folder may be anybody's. */
export function isOutput(path: string, { exports, reports, metrics }: Layout): boolean {
  const ours = new Map([
    [exports, /(^creators\.(parquet|xlsx)|^(creators|failures)\.csv|\.(enriched|rejects)\.csv)(\.part)?$/],
    [reports, /\.html(\.part)?$/],
    [metrics, /\.prom(\.part)?$/],
  ])
  return ours.get(dirname(path))?.test(basename(path)) ?? false
}

/** Half turned, or moved out of its way. */
function isBesideLink(path: string, { database }: Layout): boolean {
  return path.startsWith(`${database}.`)
}

function foldersOf({ state, raw, published, exports, reports, metrics }: Layout): string[] {
  return [state, raw, published, exports, reports, metrics]
}

class Walk implements FolderFiles {
  readonly files: string[] = []
  readonly closed: { path: string; why: string }[] = []
  private readonly seen = new Set<string>()

  constructor(private readonly layout: Layout) {}

  async into(folder: string): Promise<void> {
    const real = await realpath(folder)
    if (this.seen.has(real)) return
    this.seen.add(real)
    const entries = await readdir(folder, { withFileTypes: true })
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.isFile()) this.files.push(path)
      if (entry.isDirectory()) await this.inner(path)
      if (entry.isSymbolicLink()) await this.link(path)
    }
  }

  private async inner(path: string): Promise<void> {
    if (await isDataFolder(path)) return
    try {
      await this.into(path)
    } catch (error) {
      if (error instanceof LocalError || isOurs(path, this.layout)) throw error
      this.closed.push({ path, why: messageOf(error) })
    }
  }

  private async link(path: string): Promise<void> {
    // We make these ourselves.
    if (path === this.layout.database || isBesideLink(path, this.layout)) return
    const mayBe = this.mayBeLinked(path)
    if (mayBe && (await isFolder(path))) return this.into(path)
    if (mayBe || isOurs(path, this.layout)) {
      throw new LocalError(
        `${path} is a link, and what it leads to would not be erased: put the file or folder itself in its place, then run the same command again; nothing was erased`,
      )
    }
    this.closed.push({ path, why: 'a link is not followed' })
  }

  /** As folders, that is, and where no step removes or replaces the link itself. */
  private mayBeLinked(path: string): boolean {
    const { raw, journal } = this.layout
    const folders = [...foldersOf(this.layout), journal, join(journal, 'loaded')]
    return folders.includes(path) || path.startsWith(raw + sep)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** `demo/` within `data/`, for one. */
async function isDataFolder(path: string): Promise<boolean> {
  const names: string[] = await readdir(join(path, 'state')).catch(() => [])
  return names.includes('lock.duckdb')
}
