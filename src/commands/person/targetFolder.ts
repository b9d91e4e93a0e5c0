import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { namesInFolder, pathExists } from '../../core/absent.js'
import { isFolder } from '../../core/atomicFile.js'
import { UsageError } from '../../core/errors.js'
import type { Layout } from '../../dataFolder/layout.js'

/**
 * The absolute path of the folder to write.
 * @throws UsageError when it is inside of the data folder, also through links, or there is something in it already
 */
export async function targetFolder(given: string, layout: Layout): Promise<string> {
  const out = resolve(given)
  const real = await realPath(out)
  const { data, raw, state, published, exports, reports, metrics } = layout
  for (const folder of [data, raw, state, published, exports, reports, metrics]) {
    const ours = await realPath(folder)
    if (real === ours || real.startsWith(ours.endsWith(sep) ? ours : ours + sep))
      throw new UsageError(
        `--out ${out} is inside of the data folder ${data}, where a copy must not be kept: give a folder outside of it`,
      )
  }
  if (pathExists(out) && (!(await isFolder(out)) || (await namesInFolder(out)).length > 0))
    throw new UsageError(`--out ${out} exists already and is not an empty folder: give another one, or remove it`)
  return out
}

/** The path without links, as far as it exists. */
async function realPath(path: string): Promise<string> {
  if (pathExists(path)) return realpath(path)
  const parent = dirname(path)
  return parent === path ? path : join(await realPath(parent), basename(path))
}
