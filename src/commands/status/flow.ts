import { layoutOf } from '../../dataFolder/layout.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { readFolderStatus } from './status.js'
import { statusText } from './statusText.js'

/** Prints the state of a data folder: the current run, the last runs, the parked ids, the age of the profiles. */
export async function statusFlow({ settings }: Invocation): Promise<number> {
  const now = Date.now()
  const report = await readFolderStatus(layoutOf(settings.data), { ...settings, now })
  print(settings, report, (columns) => statusText(report, now, columns))
  return 0
}
