import { html, type Html } from './html.js'
import { scrolling } from './scrolling.js'

/** The title of a column; of one that holds numbers, which stand to the right. */
export type Title = string | { readonly number: string }

/** A table with a head. `name` is what it is called for those who cannot see it; `rows` are its `tr` elements. */
export function dataTable(name: string, titles: readonly Title[], rows: readonly Html[]): Html {
  const head = titles.map((title) =>
    typeof title === 'string'
      ? html`<th scope="col">${title}</th>`
      : html`<th scope="col" class="n">${title.number}</th>`,
  )
  const table = html`<table>
    <thead>
      <tr>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
  return scrolling(name, table)
}
