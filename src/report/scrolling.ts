import { html, type Html } from './html.js'

/** A table that may be wider than the screen: it is moved with the keyboard, too, and has a name for those who cannot see it. */
export function scrolling(name: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${table}</div>`
}
