import { layoutOf } from '../../dataFolder/layout.js'
import { listsText, readLists } from './command.js'
import { withPublished } from '../../publish/openPublished.js'
import type { Invocation } from '../command.js'
import { print } from '../../terminal/print.js'

/** Prints every list: whether it is tracked, its coverage, the price of a night. */
export async function listsCommand({ settings }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  const found = await withPublished(layout, readLists)
  print(settings, { data: layout.data, lists: found }, (columns) => listsText(found, columns))
  return 0
}
