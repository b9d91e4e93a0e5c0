import { layoutOf } from '../../dataFolder/layout.js'
import { readTimeZone } from '../../load/spent.js'
import { withPublished } from '../../publish/openPublished.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { listsText, readLists, readNightlyPrice } from './lists.js'

/** Prints every list: whether it is tracked, its coverage, the price of a night. */
export async function listsFlow({ settings }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  const [lists, night, timeZone] = await withPublished(layout, async (connection) => {
    return [await readLists(connection), await readNightlyPrice(connection), await readTimeZone(connection)] as const
  })
  const { data } = layout
  print(settings, { data, lists, nightly_price: night }, (columns) =>
    listsText(lists, night, { columns, data, timeZone }),
  )
  return 0
}
