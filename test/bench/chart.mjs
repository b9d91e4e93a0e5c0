// The chart of `make bench`: rows a second of each contestant as bars, in an SVG that is readable in light and dark.

const [WIDTH, LABELS, VALUES] = [780, 310, 64]
const [TOP, BAR, STEP] = [56, 20, 30]

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/**
 * @param {{ name: string, rows: number, own: boolean }[]} bars the fastest first
 * @param {string} caption
 */
export function chart(bars, caption) {
  const longest = Math.max(...bars.map(({ rows }) => rows))
  const height = TOP + bars.length * STEP + 8
  const lines = bars.map(({ name, rows, own }, index) => {
    const y = TOP + index * STEP
    const length = ((WIDTH - LABELS - VALUES) * rows) / longest
    const text = y + BAR * 0.72
    return `  <g${own ? ' class="own"' : ''}>
    <text class="name" x="${LABELS - 10}" y="${text}">${escaped(name)}</text>
    <rect x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="3"/>
    <text x="${(LABELS + length + 8).toFixed(1)}" y="${text}">${rows.toLocaleString('en-US')}</text>
  </g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
  <title>Rows a second, more is better</title>
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .name { text-anchor: end }
    .title { font-weight: 600 }
    .caption { fill: #59636e; font-size: 12px }
    rect { fill: #9aa4b0 }
    .own rect { fill: #0969da }
    .own text { font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .caption { fill: #9198a1 }
      rect { fill: #59636e }
      .own rect { fill: #4493f8 }
    }
  </style>
  <text class="title" x="8" y="18">Rows a second, more is better</text>
  <text class="caption" x="8" y="38">${escaped(caption)}</text>
${lines.join('\n')}
</svg>
`
}
