// The script of the report: search, sort, filters, pages and download of the table of creators. It runs in the browser and may
// use nothing but the page. Values are inserted as text, never as markup.

const PAGE = 50
const data = JSON.parse(document.getElementById('data').textContent)
const section = document.getElementById('creators')
const form = section.querySelector('form')
const body = section.querySelector('tbody')
const status = section.querySelector('[role=status]')
const pages = section.querySelector('.pages')
const choices = [...form.querySelectorAll('.choice')]
const buttons = [...section.querySelectorAll('th button')]

const whole = new Intl.NumberFormat('en-US')
const decimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const collator = new Intl.Collator('zh')
const guards = {
  controls: new RegExp(data.csv.guard.controls, 'gu'),
  formula: new RegExp(data.csv.guard.formula, 'u'),
  number: new RegExp(data.csv.guard.number, 'iu'),
}
const columns = new Map(data.columns.map((column) => [column.key, column]))
const names = data.ids.map((id, row) => `${data.cells.nickname[row] ?? ''}\n${id}`.toLowerCase())
const texts = names.map((name, row) => {
  const others = data.columns.filter(
    ({ kind, key, place }) => key === 'province' || kind === 'words' || place !== undefined,
  )
  return [name, data.about[row] ?? '', ...others.map(({ key }) => textOf(key, row))].join('\n').toLowerCase()
})

const state = { sort: 'fans', down: true, page: 0, rows: [], words: [] }

/** `{from}–{to}` with these values. */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => whole.format(values[name]))
}

function isNumeric({ kind }) {
  return kind === 'number' || kind === 'decimal' || kind === 'change'
}

function textOf(key, row) {
  const value = data.cells[key][row]
  if (value === null) return ''
  const { kind } = columns.get(key)
  if (kind === 'word') return data.words[key][value]
  if (kind === 'words') return value.map((at) => data.words[key][at]).join(data.texts.comma)
  if (kind === 'change') return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${whole.format(Math.abs(value))}`
  if (kind === 'decimal') return decimal.format(value)
  return kind === 'number' ? whole.format(value) : value
}

function linkOf(row) {
  return typeof data.links === 'string' ? data.links + data.ids[row] : data.links[row]
}

/** The name; below it, what the search found in bio and tags. */
function nameCell(row) {
  const cell = document.createElement('th')
  cell.scope = 'row'
  const [id, link] = [data.ids[row], linkOf(row)]
  const who = cell.appendChild(document.createElement(link === null ? 'span' : 'a'))
  who.className = 'who'
  if (link !== null) Object.assign(who, { href: link, target: '_blank', rel: 'noopener noreferrer' })
  const name = data.cells.nickname[row]
  who.appendChild(document.createElement(name?.trim() ? 'bdi' : 'code')).textContent = name?.trim() ? name : id
  const about = data.about[row]?.toLowerCase()
  if (about && state.words.some((word) => !names[row].includes(word) && about.includes(word)))
    cell.appendChild(document.createElement('small')).textContent = data.about[row].replaceAll('\n', ' · ')
  return cell
}

function rowOf(row) {
  const line = document.createElement('tr')
  for (const column of data.columns) {
    const { key, kind, place } = column
    if (kind === 'name') {
      line.append(nameCell(row))
      continue
    }
    const cell = line.insertCell()
    cell.textContent = textOf(key, row)
    if (isNumeric(column)) cell.className = 'n'
    if (kind === 'words' || place !== undefined) cell.className = 'long'
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
  if (!isNumeric(columns.get(key))) {
    const words = cells.map((_, row) => textOf(key, row))
    const distinct = [...new Set(words)].sort(collator.compare)
    const place = new Map(distinct.map((text, at) => [text, at]))
    order = (a, b) => place.get(words[a]) - place.get(words[b])
  }
  const known = rows.filter((row) => cells[row] !== null)
  const unknown = rows.filter((row) => cells[row] === null)
  return [...known.sort((a, b) => direction * order(a, b) || a - b), ...unknown]
}

/** The chosen places of each menu in which something is chosen. */
function chosen() {
  return choices
    .map((choice) => [choice, [...choice.querySelectorAll(':checked')].map(({ value }) => Number(value))])
    .filter(([, places]) => places.length > 0)
}

function matchingRows() {
  const from = Number(form.elements.from.value)
  const filters = chosen().map(([{ dataset }, places]) => [dataset.key, places])
  return data.ids
    .map((_, row) => row)
    .filter((row) => state.words.every((word) => texts[row].includes(word)))
    .filter((row) => from <= 0 || (data.cells.fans[row] ?? -1) >= from)
    .filter((row) => filters.every(([key, places]) => [data.cells[key][row]].flat().some((at) => places.includes(at))))
}

function show() {
  const { rows, page } = state
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1)
  state.page = Math.min(Math.max(page, 0), last)
  const from = state.page * PAGE
  const shown = rows.slice(from, from + PAGE)
  body.replaceChildren(...shown.map(rowOf))
  const all = data.ids.length
  const text = rows.length === all ? data.texts.range : rows.length === 0 ? data.texts.none : data.texts.filtered
  status.textContent = filled(text, { from: from + 1, to: from + shown.length, rows: rows.length, all })
  pages.hidden = last === 0
  const [previous, next] = pages.querySelectorAll('button')
  previous.disabled = state.page === 0
  next.disabled = state.page === last
  pages.querySelector('span').textContent = filled(data.texts.page, { page: state.page + 1, pages: last + 1 })
  for (const choice of choices) {
    const words = [...choice.querySelectorAll(':checked + bdi')].map(({ textContent }) => textContent)
    const number = filled(data.texts.chosen, { number: words.length })
    choice.querySelector('b').textContent = words.length === 0 ? data.texts.all : words.length === 1 ? words[0] : number
  }
  for (const { parentElement, dataset } of buttons) {
    const direction = state.down ? 'descending' : 'ascending'
    parentElement.ariaSort = dataset.key === state.sort ? direction : 'none'
  }
}

function update() {
  state.words = form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean)
  state.rows = sorted(matchingRows())
  show()
}

/** The address holds what is shown, so that it can be kept and sent. */
function remember() {
  const query = new URLSearchParams()
  for (const name of ['q', 'from']) if (form.elements[name].value) query.set(name, form.elements[name].value)
  for (const [{ dataset }, places] of chosen())
    for (const at of places) query.append(dataset.key, data.words[dataset.key][at])
  if (state.sort !== 'fans' || !state.down) query.set('sort', `${state.down ? '-' : ''}${state.sort}`)
  if (state.page > 0) query.set('page', state.page + 1)
  history.replaceState(null, '', query.size > 0 ? `#creators?${query}` : '#creators')
}

function recall() {
  const [, text] = location.hash.split('#creators?')
  if (text === undefined) return
  const query = new URLSearchParams(text)
  for (const name of ['q', 'from']) form.elements[name].value = query.get(name) ?? ''
  for (const choice of choices) {
    const words = query.getAll(choice.dataset.key)
    for (const box of choice.querySelectorAll('input'))
      box.checked = words.includes(data.words[choice.dataset.key][box.value])
  }
  const [, minus, key] = /^(-?)(.*)$/.exec(query.get('sort') ?? '-fans')
  if (columns.has(key)) Object.assign(state, { sort: key, down: minus === '-' })
  state.page = Number(query.get('page') ?? 1) - 1 || 0
  update()
  section.scrollIntoView()
}

function changed() {
  state.page = 0
  update()
  remember()
}

/** A cell of CSV, as the program itself writes it: quoted where needed, and never run as a formula. */
function csvCell(value) {
  const { controls, formula, number } = guards
  const text = String(value ?? '').replace(controls, '')
  const safe = formula.test(text) && !number.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The rows that are found, in the order shown, with plain numbers. */
function csv() {
  const head = ['user_id', ...data.columns.map(({ key, label, place }) => (place === undefined ? key : label))]
  const lines = state.rows.map((row) => {
    const cells = data.columns.map((column) =>
      isNumeric(column) ? data.cells[column.key][row] : textOf(column.key, row),
    )
    return [data.ids[row], ...cells, linkOf(row), data.about[row]]
  })
  return [[...head, 'profile_url', 'bio_and_tags'], ...lines].map((line) => `${line.map(csvCell).join(',')}\n`).join('')
}

function download() {
  const address = URL.createObjectURL(new Blob(['\ufeff', csv()], { type: 'text/csv' }))
  const link = Object.assign(document.createElement('a'), { href: address, download: `${data.csv.name}.csv` })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

for (const button of buttons) {
  button.addEventListener('click', () => {
    const { key } = button.dataset
    const isDay = key === 'last_observed_day'
    state.down = state.sort === key ? !state.down : isDay || isNumeric(columns.get(key))
    state.sort = key
    changed()
  })
}
for (const button of pages.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    state.page += Number(button.dataset.step)
    show()
    remember()
    section.querySelector('.table').scrollIntoView({ block: 'start' })
  })
}
/** Only one menu is open, and a click elsewhere or Escape closes it. */
function closeMenus(except) {
  for (const choice of choices) if (choice !== except) choice.open = false
}
document.addEventListener('click', ({ target }) => closeMenus(target.closest('.choice')))
form.addEventListener('keydown', ({ key, target }) => {
  const open = target.closest('.choice[open]')
  if (key !== 'Escape' || !open) return
  open.open = false
  open.querySelector('summary').focus()
})
form.querySelector('.download').addEventListener('click', download)
form.addEventListener('input', changed)
form.addEventListener('submit', (event) => event.preventDefault())
form.addEventListener('reset', () => setTimeout(changed))
addEventListener('hashchange', recall)
form.hidden = false
update()
recall()
