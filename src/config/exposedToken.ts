import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { tokenIn } from './api.js'
import type { DotEnv } from './dotEnv.js'
import type { Settings } from './settings.js'

/** The file from which a token comes: `--token-file`, else a `.env`. */
export function tokenPath(
  { tokenFile }: Pick<Settings, 'tokenFile'>,
  environment: Readonly<Record<string, string | undefined>>,
  dotEnv?: DotEnv,
): string | undefined {
  if (tokenFile !== undefined) return resolve(tokenFile)
  return dotEnv && !tokenIn([environment]) && tokenIn([dotEnv.variables]) ? dotEnv.path : undefined
}

/**
 * A warning, with its remedy, if every user of this machine can read the token, or put another one in its place.
 * @param path the file that holds the token
 */
export function exposedToken(path: string | undefined): string | undefined {
  // Windows has no such modes.
  if (path === undefined || process.geteuid === undefined) return undefined
  try {
    const { mode } = statSync(path)
    if ((mode & 0o006) === 0 || !isReachable(dirname(path))) return undefined
    const shown = (mode & 0o777).toString(8)
    return `other users of this machine can use the token: ${path} has the mode ${shown}: chmod 600 ${path}`
  } catch {
    // The token cannot be read either, and that error says why.
    return undefined
  }
}

/** Whether other users may enter this folder. */
function isReachable(folder: string): boolean {
  const above = dirname(folder)
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || isReachable(above))
}
