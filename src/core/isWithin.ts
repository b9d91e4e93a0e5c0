import { realpathSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'

/** Whether a path is a folder or lies in it, as the path is written or where its links lead. Both paths are absolute. */
export function isWithin(path: string, folder: string): boolean {
  return isBelow(path, folder) || isBelow(withoutLinks(path), withoutLinks(folder))
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return !isAbsolute(way) && !/^\.\.(?:[\\/]|$)/.test(way)
}

/** The path itself, if nothing is there. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
