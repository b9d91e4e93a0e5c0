import { layoutOf } from '../layout.js'
import { listsText, readLists } from '../reading/lists.js'
import { withPublished } from '../reading/withPublished.js'
import type { Invocation } from './invocation.js'
import { print } from './print.js'

/** Prints every list: whether it is tracked, its coverage, the price of a night. */
export async function lists({ settings }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  const found = await withPublished(layout, readLists)
  print(settings, { data: layout.data, lists: found }, (columns) => listsText(found, columns))
  return 0
}
