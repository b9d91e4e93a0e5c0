// The tables of `make bench` as Markdown, and their place in docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs'

const BEGIN = '<!-- Written by make bench: begin -->'
const END = '<!-- Written by make bench: end -->'

/**
 * One row: the step, what each round has measured, and the ratios within the rounds.
 * @typedef {object} Row
 * @property {import('./contestants.mjs').Step} step
 * @property {import('./measure.mjs').Cost[]} costs
 * @property {string | undefined} failed Why there are no costs.
 */

/** The median; of an even number, the mean of the two in the middle. */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of the ratios of two rows, round by round; undefined if they have no round in common. */
function ratio(numerator, denominator) {
  const ratios = numerator.costs.flatMap(({ wall }, round) => {
    const other = denominator?.costs[round]
    return other === undefined ? [] : [wall / other.wall]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

const number = (value, digits = 0) =>
  value === undefined
    ? '–'
    : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** The median of one figure; undefined where it was not measured. */
function middle({ costs }, figure) {
  const values = costs.map((cost) => cost[figure]).filter((value) => value !== undefined)
  return values.length === 0 ? undefined : median(values)
}

const costs = (row, digits = 1) => [
  number(middle(row, 'wall'), digits),
  number(middle(row, 'processor'), digits),
  number(middle(row, 'peakMb')),
]

const pace = (row, ids) => Math.round(ids / middle(row, 'wall'))

/**
 * The bars of the chart: who did the same job, the fastest first.
 * @param {Row[]} rows
 */
export function barsOf(rows, ids) {
  return rows
    .filter(({ step, costs }) => step.table === 'job' && costs.length > 0)
    .map((row) => ({
      name: row.step.name.replace(/[*`]/g, ''),
      rows: pace(row, ids),
      own: row.step.name.startsWith('*'),
    }))
    .toSorted((a, b) => b.rows - a.rows)
}

function table(headers, rows) {
  const lines = [headers, headers.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A table of these rows, or nothing where there are none. A row that failed or was skipped says so in its second cell. */
function section(rows, headers, cells) {
  if (rows.length === 0) return []
  const blank = headers.slice(2).map(() => '')
  return [
    table(
      headers,
      rows.map((row) => [row.step.name, ...(row.failed === undefined ? cells(row) : [row.failed, ...blank])]),
    ),
  ]
}

/**
 * All tables.
 * @param {Row[]} rows
 */
export function tables(rows, ids) {
  const of = (name) => rows.filter(({ step }) => step.table === name)
  const row = (key) => rows.find(({ step, costs }) => step.key === key && costs.length > 0)
  const job = of('job').toSorted((a, b) => (middle(a, 'wall') ?? Infinity) - (middle(b, 'wall') ?? Infinity))
  const [enrich, readJson, node] = ['enrich', 'read-json', 'node'].map(row)
  return [
    ...section(
      job,
      [
        'the same job',
        'rows/s',
        'wall s',
        'processor s',
        'peak MB',
        'creator-enrich ÷ it, rows/s',
        'durable per answer',
        'writes',
      ],
      (each) => [
        number(pace(each, ids)),
        ...costs(each),
        each.step.key === 'enrich' ? '1' : number(ratio(each, enrich), 2),
        each.step.durable ?? '',
        each.step.writes ?? '',
      ],
    ),
    ...section(
      of('again'),
      ['the next runs of creator-enrich', 'rows/s', 'wall s', 'processor s', 'peak MB', 'times the first run'],
      (each) => [number(pace(each, ids)), ...costs(each), number(ratio(each, enrich), 2)],
    ),
    ...section(
      of('replay'),
      ['the tables from stored answers', 'rows/s', 'wall s', 'processor s', 'peak MB', 'its rows/s ÷ `read_json`'],
      (each) => [number(pace(each, ids)), ...costs(each), readJson ? number(ratio(readJson, each), 2) : '–'],
    ),
    ...section(of('start'), ['start', 'wall s', 'processor s', 'peak MB', 'wall s more than `node -e 0`'], (each) => [
      ...costs(each, 2),
      node ? number(middle(each, 'wall') - middle(node, 'wall'), 2) : '–',
    ]),
  ].join('\n\n')
}

/** Replaces what stands between the markers of a page. */
export function writeBetweenMarkers(path, text) {
  const page = readFileSync(path, 'utf8')
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${path}: the markers ${BEGIN} and ${END} are missing`)
  writeFileSync(path, `${page.slice(0, begin)}${BEGIN}\n\n${text}\n\n${page.slice(end)}`)
}
