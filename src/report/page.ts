import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Language } from '../model/language.js'
import { html, verbatim, type Html } from './html.js'
import { style } from './style.js'
import { pageText } from './text/pageText.js'

export interface Page {
  readonly lang: Language
  readonly title: string
  /** The line under the title. */
  readonly about: string
  /** Shown before all sections. */
  readonly note: Html | false
  /** Whether all people are invented. */
  readonly simulated: boolean
  readonly sections: readonly { readonly id: string; readonly name: string; readonly body: Html }[]
  readonly foot: Html
}

/** The script without the compiler's line for debuggers. */
const script = (): string =>
  readFileSync(new URL('browser/table.mjs', import.meta.url), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '')

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/**
 * One file that loads nothing and sends nothing. Its policy allows exactly this style and this script, whatever markup a
 * text may contain.
 */
export function page({ lang, title, about, simulated, note, sections, foot }: Page): string {
  const text = pageText[lang]
  const code = script()
  const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(code)}; base-uri 'none'; form-action 'none'`
  const full = simulated ? text.simulatedTitle(title) : title
  const warning = html`<p class="simulated" role="note"><b>${text.simulated}</b> ${text.invented}</p>`
  const skip = sections.some(({ id }) => id === 'creators') && html`<a class="skip" href="#creators">${text.skip}</a>`
  return html`<!doctype html>
    <html lang="${text.code}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>${full}</title>
        ${verbatim('style', '', style)}
      </head>
      <body>
        ${skip} ${simulated && warning}
        <header>
          <h1><bdi>${title}</bdi></h1>
          <p>${about}</p>
          <nav aria-label="${text.sections}">${sections.map(({ id, name }) => html`<a href="#${id}">${name}</a>`)}</nav>
        </header>
        <main>${note}${sections.map(({ body }) => body)}</main>
        <footer><p>${foot}</p></footer>
        ${verbatim('script', ' type="module"', code)}
      </body>
    </html> `.text
}
