import { html, type Html } from './html.js'

/** The title of a column; `number` is the title of a column of numbers, aligned to the right. */
export type Title = string | { readonly number: string }

/** A table with a head. `name` is its label for screen readers; `rows` are its `tr` elements. */
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

/** A table that may be wider than the screen. It scrolls by keyboard too; `name` is its label for screen readers. */
export function scrolling(name: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${table}</div>`
}
