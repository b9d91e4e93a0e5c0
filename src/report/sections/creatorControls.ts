import { count } from '../../core/text.js'
import type { Language } from '../../model/language.js'
import type { CreatorTable, ShownColumn } from '../creatorTable.js'
import { html, type Html } from '../html.js'
import type { creatorsSectionText } from '../text/creatorsSectionText.js'

/** A column with more distinct words than this gets no filter; the search finds them. */
const MOST_CHOICES = 60

/** Search, menus and buttons of the table of creators; the script shows them. */
export function creatorControls(table: CreatorTable, text: (typeof creatorsSectionText)[Language]): Html {
  const choices = table.columns.filter(({ key }) => {
    const number = table.words[key]?.length ?? 0
    return number > 1 && number <= MOST_CHOICES
  })
  return html`<form class="controls" hidden>
    <label class="grow"
      >${text.search}<input type="search" name="q" placeholder="${text.searchIn}" autocomplete="off" spellcheck="false"
    /></label>
    <label
      >${text.followersFrom}<input type="number" name="from" min="0" step="any" inputmode="numeric" placeholder="0"
    /></label>
    ${choices.map((column) => choiceOf(table, column, text.script.all))}
    <button type="reset">${text.clear}</button>
    <button type="button" class="download">${text.download}</button>
  </form>`
}

/** A menu of the words of a column, the most frequent first; several may be chosen. */
function choiceOf({ words, cells }: CreatorTable, { key, label }: ShownColumn, all: string): Html {
  const numbers = new Map<unknown, number>()
  for (const place of cells[key]!.flat()) numbers.set(place, (numbers.get(place) ?? 0) + 1)
  const sorted = words[key]!.map((word, place) => ({ word, place, number: numbers.get(place) ?? 0 })).sort(
    (a, b) => b.number - a.number || a.word.localeCompare(b.word),
  )
  return html`<details class="choice" data-key="${key}">
    <summary><span>${label}</span><b>${all}</b></summary>
    <div role="group" aria-label="${label}">
      ${sorted.map(
        ({ word, place, number }) =>
          html`<label
            ><input type="checkbox" name="${key}" value="${place}" /><bdi>${word}</bdi>
            <small>${count(number)}</small></label
          >`,
      )}
    </div>
  </details>`
}
