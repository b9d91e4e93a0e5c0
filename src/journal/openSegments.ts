import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent, pathExists, unreadablePath } from '../core/absent.js'
import { FileSegment, readHead, type Segment } from './segmentReader.js'

/**
 * The segments of a folder with a readable head, oldest first. Changes nothing, and needs no lock: a segment that a run
 * removes meanwhile is left out.
 * @throws LocalError if the folder is there and cannot be read
 */
export async function openSegments(folder: string): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const path of await pathsIn(folder)) {
    try {
      const header = await readHead(path)
      if (header) segments.push(new FileSegment(path, header))
    } catch (error) {
      if (pathExists(path)) throw error
    }
  }
  return segments
}

async function pathsIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.journal'))
    return names.sort().map((name) => join(folder, name))
  } catch (error) {
    if (isAbsent(error) && !pathExists(folder)) return []
    throw unreadablePath(folder, error)
  }
}
