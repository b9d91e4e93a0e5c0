import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Package {
  readonly folder: string
  readonly version: string
}

/** The package that holds this code: two folders above this source file, three above the compiled file. */
function thisPackage(): Package {
  for (const up of ['../../', '../../../']) {
    const folder = new URL(up, import.meta.url)
    try {
      const text = readFileSync(new URL('package.json', folder), 'utf8')
      const { name, version } = JSON.parse(text) as Record<string, string>
      if (name === 'creator-enrich' && version) return { folder: fileURLToPath(folder), version }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error('package.json of creator-enrich was not found above its code')
}

/** The folder of package.json, with a separator at its end, and the version in it. */
export const { folder: packageFolder, version } = thisPackage()
