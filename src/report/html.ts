/** A piece of a page: its text is markup, and every other text in it was escaped. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = Html | string | number | bigint | null | undefined | false | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters show nothing, and no HTML file may hold them. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

function escaped(text: string): string {
  return text.replace(CONTROLS, '').replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

function isMany(part: Part): part is readonly Part[] {
  return Array.isArray(part)
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text
  if (isMany(part)) return part.map(textOf).join('')
  if (part === null || part === undefined || part === false) return ''
  return escaped(String(part))
}

/** Markup as a template: what is put into it is escaped unless it is markup itself; attributes stand in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((text, at) => (at < parts.length ? text + textOf(parts[at]) : text)).join(''))
}

/** An element with this very text in it, to the last blank: what a policy names by its hash. `attributes` is markup. */
export function verbatim(tag: 'style' | 'script', attributes: string, text: string): Html {
  return new Html(`<${tag}${attributes}>${text}</${tag}>`)
}

/** Data for the page's script: nothing in it can end the element. */
export function dataBlock(id: string, data: unknown): Html {
  return verbatim('script', ` type="application/json" id="${id}"`, JSON.stringify(data).replaceAll('<', '\\u003c'))
}

/** An address that a link may lead to; undefined for any other text, such as `javascript:`. */
export function webAddress(text: string | null): string | undefined {
  return text !== null && /^https?:\/\/[^\s]+$/.test(text) ? text : undefined
}
