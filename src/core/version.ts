import { readFileSync } from 'node:fs'

/** The version in package.json at the root: two folders above this source file, three above the compiled file. */
function packageVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as Record<string, string>
      if (name === 'creator-enrich' && version) return version
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error('package.json of creator-enrich was not found above its code')
}

export const version = packageVersion()
