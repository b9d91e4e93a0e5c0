import stringWidth from 'string-width'

/** Draws recorded lines of a terminal as an SVG: still, or one line after the other by CSS. */

const [CHAR, LINE, PAD] = [8.4, 19, 16]
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The picture is this wide at most, as a terminal: longer lines are broken. */
const COLUMNS = 88

/** Pieces of a line that fit, for ASCII, broken between words. */
const broken = ({ text, at }) =>
  (text.match(new RegExp(`.{1,${COLUMNS}}(?: |$)|.{1,${COLUMNS}}`, 'gu')) ?? ['']).map((piece) => ({ text: piece, at }))

/** Chinese letters are not exactly as wide as two others in every font, so each cell, after two blanks, is placed anew. */
function placed(text) {
  let column = 0
  return text
    .split(/(?<= {2})(?=[^ ])/u)
    .map((part) => {
      const x = PAD + column * CHAR
      column += stringWidth(part)
      return `<tspan x="${x.toFixed(1)}">${escaped(part)}</tspan>`
    })
    .join('')
}

/**
 * @param {readonly { text: string, at: number }[]} recorded `at`: seconds since the start, when the line was printed
 * @param {{ title: string, animated?: boolean }} options
 */
export function terminalPicture(recorded, { title, animated = false }) {
  const lines = recorded.flatMap(broken)
  const columns = Math.max(80, ...lines.map(({ text }) => stringWidth(text)))
  const [width, height] = [Math.ceil(columns * CHAR + 2 * PAD), lines.length * LINE + 2 * PAD]
  const seconds = Math.max(...lines.map(({ at }) => at))
  const text = lines.map(({ text, at }, row) => {
    const delay = animated ? ` class="line" style="animation-delay:${at.toFixed(2)}s"` : ''
    const y = PAD + (row + 0.75) * LINE
    return `<text y="${y}" xml:space="preserve"${delay}>${placed(text)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}${animated ? `, recorded in ${seconds.toFixed(1)} s` : ''}</title>
<style>
text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e6e6e6; white-space: pre; }
.line { animation: show 0.01s both; }
@keyframes show { from { opacity: 0; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .line { animation: none; } }
</style>
<rect width="100%" height="100%" rx="8" fill="#1b1f24"/>
${text.join('\n')}
</svg>
`
}
