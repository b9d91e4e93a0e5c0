// The script of the report: search, sort, filters and pages of the table of creators. It runs in the browser and may use
// nothing but the page. Values are inserted as text, never as markup.

const PAGE = 50
const data = JSON.parse(document.getElementById('data').textContent)
const section = document.getElementById('creators')
const form = section.querySelector('form')
const body = section.querySelector('tbody')
const status = section.querySelector('[role=status]')
const pages = section.querySelector('.pages')
const [search, least] = form.querySelectorAll('input')
const selects = [...form.querySelectorAll('select')]
const buttons = [...section.querySelectorAll('th button')]

const whole = new Intl.NumberFormat('en-US')
const collator = new Intl.Collator('zh')
const kinds = new Map(data.columns.map(({ key, kind }) => [key, kind]))
const names = data.cells.nickname.map((name, row) => `${name ?? ''}\n${data.ids[row]}`.toLowerCase())

const state = { sort: 'fans', down: true, page: 0, rows: data.ids.map((_, row) => row) }

function isNumeric(kind) {
  return kind === 'number' || kind === 'change'
}

function textOf(key, row) {
  const value = data.cells[key][row]
  if (value === null) return ''
  const kind = kinds.get(key)
  if (kind === 'word') return data.words[key][value]
  if (kind === 'words') return value.map((at) => data.words[key][at]).join(', ')
  if (kind === 'change') return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${whole.format(Math.abs(value))}`
  return kind === 'number' ? whole.format(value) : value
}

function nameCell(row) {
  const cell = document.createElement('th')
  cell.scope = 'row'
  const id = data.ids[row]
  const link = typeof data.links === 'string' ? data.links + id : data.links[row]
  const who = cell.appendChild(document.createElement(link === null ? 'span' : 'a'))
  who.className = 'who'
  if (link !== null) Object.assign(who, { href: link, target: '_blank', rel: 'noopener noreferrer' })
  const name = data.cells.nickname[row]
  who.appendChild(document.createElement(name?.trim() ? 'bdi' : 'code')).textContent = name?.trim() ? name : id
  return cell
}

function rowOf(row) {
  const line = document.createElement('tr')
  for (const { key, kind } of data.columns) {
    if (kind === 'name') {
      line.append(nameCell(row))
      continue
    }
    const cell = line.insertCell()
    cell.textContent = textOf(key, row)
    if (isNumeric(kind)) cell.className = 'n'
    if (kind === 'change' && data.cells[key][row]) cell.classList.add(data.cells[key][row] > 0 ? 'up' : 'down')
  }
  return line
}

/** Unknown values come last in both directions. */
function sorted(rows) {
  const { sort: key, down } = state
  const cells = data.cells[key]
  const direction = down ? -1 : 1
  let order = (a, b) => cells[a] - cells[b]
  if (!isNumeric(kinds.get(key))) {
    const texts = cells.map((_, row) => textOf(key, row))
    const distinct = [...new Set(texts)].sort(collator.compare)
    const place = new Map(distinct.map((text, at) => [text, at]))
    order = (a, b) => place.get(texts[a]) - place.get(texts[b])
  }
  const known = rows.filter((row) => cells[row] !== null)
  const unknown = rows.filter((row) => cells[row] === null)
  return [...known.sort((a, b) => direction * order(a, b) || a - b), ...unknown]
}

function matchingRows() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  const from = Number(least.value)
  const filters = selects.filter(({ value }) => value !== '').map(({ dataset, value }) => [dataset.key, Number(value)])
  return data.ids
    .map((_, row) => row)
    .filter((row) => words.every((word) => names[row].includes(word)))
    .filter((row) => from <= 0 || (data.cells.fans[row] ?? -1) >= from)
    .filter((row) => filters.every(([key, at]) => [data.cells[key][row]].flat().includes(at)))
}

function show() {
  const { rows, page } = state
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1)
  state.page = Math.min(Math.max(page, 0), last)
  const from = state.page * PAGE
  const shown = rows.slice(from, from + PAGE)
  body.replaceChildren(...shown.map(rowOf))
  const of = rows.length === data.ids.length ? '' : ` (of ${whole.format(data.ids.length)})`
  status.textContent =
    rows.length === 0
      ? 'No creator matches: clear a filter.'
      : `${whole.format(from + 1)}–${whole.format(from + shown.length)} of ${whole.format(rows.length)}${of}`
  pages.hidden = last === 0
  const [previous, next] = pages.querySelectorAll('button')
  previous.disabled = state.page === 0
  next.disabled = state.page === last
  pages.querySelector('span').textContent = `Page ${state.page + 1} of ${last + 1}`
}

function update() {
  state.rows = sorted(matchingRows())
  state.page = 0
  show()
}

for (const button of buttons) {
  button.addEventListener('click', () => {
    const { key } = button.dataset
    const again = state.sort === key
    state.down = again ? !state.down : isNumeric(kinds.get(key)) || kinds.get(key) === 'day'
    state.sort = key
    for (const each of buttons) each.parentElement.ariaSort = 'none'
    button.parentElement.ariaSort = state.down ? 'descending' : 'ascending'
    update()
  })
}
for (const button of pages.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    state.page += Number(button.dataset.step)
    show()
    section.querySelector('.table').scrollIntoView({ block: 'nearest' })
  })
}
form.addEventListener('input', update)
form.addEventListener('submit', (event) => event.preventDefault())
form.addEventListener('reset', () => setTimeout(update))
form.hidden = false
update()
