import { layoutOf } from '../../dataFolder/layout.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { readFolderStatus } from './status.js'
import { statusText } from './statusText.js'

/** Prints how a data folder stands: the run that is on, the last ones, what waits, how old the profiles are. */
export async function statusFlow({ settings }: Invocation): Promise<number> {
  const report = await readFolderStatus(layoutOf(settings.data))
  print(settings, report, (columns) => statusText(report, Date.now(), columns))
  return 0
}
