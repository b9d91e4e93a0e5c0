import { html, type Html } from './html.js'

/** One figure of a `dl` with the class `tiles`: its name, the number, and what it means. */
export function tile(name: string, number: string, more: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd><b>${number}</b><small>${more}</small></dd>
  </div>`
}
