/** A piece of a page. Its text is markup; all other text in it is escaped. */
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

/** Control characters are invisible, and an HTML file must not contain them. */
// eslint-disable-next-line no-control-regex -- the pattern matches them on purpose
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** The longest text in one place of a page; names and messages from outside may have millions of characters. */
const LONGEST = 4096

function escaped(whole: string): string {
  const text = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole
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

/** Markup as a template. Values are escaped unless they are `Html`; attributes need double quotes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((text, at) => (at < parts.length ? text + textOf(parts[at]) : text)).join(''))
}

/** An element with exactly this text, so that a policy can name it by its hash. `attributes` is markup. */
export function verbatim(tag: 'style' | 'script', attributes: string, text: string): Html {
  return new Html(`<${tag}${attributes}>${text}</${tag}>`)
}

/** Data for the page's script. No text in it can end the element. */
export function dataBlock(id: string, data: unknown): Html {
  return verbatim('script', ` type="application/json" id="${id}"`, JSON.stringify(data, cut).replaceAll('<', '\\u003c'))
}

function cut(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value
}

/** The address of a link; undefined for any other text, such as `javascript:`. */
export function webAddress(text: string | null): string | undefined {
  return text !== null && /^https?:\/\/[^\s]+$/.test(text) ? text : undefined
}
