import { layoutOf } from '../../dataFolder/layout.js'
import { withPublished } from '../../publish/openPublished.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { listsText, readLists } from './lists.js'

/** Prints every list: whether it is tracked, its coverage, the price of a night. */
export async function listsFlow({ settings }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  const lists = await withPublished(layout, readLists)
  print(settings, { data: layout.data, lists }, (columns) => listsText(lists, columns, layout.data))
  return 0
}
