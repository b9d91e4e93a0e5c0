import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isAbsent, unreadablePath } from '../core/absent.js'
import { UsageError } from '../core/errors.js'
import { isStreamPath } from '../core/streamPath.js'

/**
 * The absolute path of `--out`. A file there is replaced, so nothing else may have the name: a device such as /dev/null
 * would be gone for every program of the machine.
 * @throws UsageError for stdout, a device or a pipe
 */
export async function outFile(given: string): Promise<string> {
  const path = resolve(given)
  if (given === '-' || isStreamPath(path) || !(await isReplaceable(path)))
    throw new UsageError(
      `--out ${given} is not a file: name one, or leave out --out and give --format: stdout has the rows`,
    )
  return path
}

async function isReplaceable(path: string): Promise<boolean> {
  try {
    const found = await stat(path)
    return found.isFile() || found.isDirectory()
  } catch (error) {
    if (isAbsent(error)) return true
    throw unreadablePath(path, error)
  }
}
