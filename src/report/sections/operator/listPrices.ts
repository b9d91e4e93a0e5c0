import { all, type Connection } from '../../../core/duckdb.js'
import { count, NOT_KNOWN } from '../../../core/text.js'
import type { Language } from '../../../model/language.js'
import { dataTable } from '../../dataTable.js'
import { money, sharePercent } from '../../figures.js'
import { html, type Html } from '../../html.js'
import type { RunRow } from '../../runRow.js'
import type { operatorText } from '../../text/operatorText.js'

/** How complete a list is, and what a night of it costs. */
export interface ListPrice {
  readonly list: string
  readonly tracked: boolean
  readonly row_count: number
  readonly id_count: number
  readonly coverage: number | null
  readonly rows_failed: number
  readonly nightly_price: number | null
  readonly currency: string | null
  readonly in_run: boolean
}

/** The lists, those of the run first. */
export async function readListPrices(connection: Connection, { run_id }: RunRow): Promise<ListPrice[]> {
  return all<ListPrice>(
    connection,
    'SELECT *, last_run_id = $run_id AS in_run FROM list_overview ORDER BY in_run DESC, row_count DESC, list',
    { run_id },
  )
}

/** A table of the lists. */
export function listPricesBlock(lists: readonly ListPrice[], text: (typeof operatorText)[Language]): Html {
  const line = (each: ListPrice) => html`<tr${!each.in_run && html` class="quiet"`}>
    <th scope="row"><bdi>${each.list}</bdi>${each.tracked && html` <span class="tag">${text.tracked}</span>`}${!each.in_run && html` <span class="tag">${text.notInRun}</span>`}</th>
    <td class="n">${count(each.row_count)}</td><td class="n">${count(each.id_count)}</td>
    <td class="n">${sharePercent(each.coverage)}</td><td class="n">${count(each.rows_failed)}</td>
    <td class="n">${each.nightly_price === null ? NOT_KNOWN : money(each.nightly_price, each.currency)}</td>
  </tr>`
  const titles = [
    text.list,
    { number: text.rows },
    { number: text.ids },
    { number: text.coverage },
    { number: text.failed },
    { number: text.price },
  ]
  return html`<h3>${text.lists}</h3>
    ${dataTable(text.lists, titles, lists.map(line))}`
}
