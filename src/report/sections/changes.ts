import { all, quotedText } from '../../core/duckdb.js'
import { count } from '../../core/text.js'
import { DAY_MS } from '../../core/time.js'
import type { Language } from '../../model/language.js'
import { columnOf, type Pipeline, type Role } from '../../model/pipeline.js'
import { scrolling } from '../dataTable.js'
import { minuteIn } from '../figures.js'
import { html, type Html } from '../html.js'
import { person, type ReportPerson } from '../person.js'
import type { ReportSource } from '../source.js'
import { changesSectionText } from '../text/changesSectionText.js'

interface Change extends ReportPerson {
  readonly kind: Kind
  readonly column_name: string
  readonly changed_at: number
  readonly old_value: string | null
  readonly new_value: string | null
}

type Kind = 'name' | 'bio' | 'other'
type ChangesText = (typeof changesSectionText)[Language]

const DAYS = 7
/** Changes shown, of the creators with the most followers first; the rest is in `creator_changes`. */
const MOST: Readonly<Record<Kind, number>> = { name: 20, bio: 10, other: 20 }
const LONGEST = 400

/** Renames, new bios, and other changed attributes. */
export async function changesSection(source: ReportSource): Promise<Html> {
  const { connection, pipeline, people, lang } = source
  const text = changesSectionText[lang]
  const recent = `(FROM creator_changes AS c SEMI JOIN report_people AS p ON p.user_id = c.user_id
    WHERE epoch_ms(changed_at) > ${(people.newestAt ?? 0) - DAYS * DAY_MS})`
  const counts = await all<{ column_name: string | null; creators: number }>(
    connection,
    `SELECT column_name, count(DISTINCT user_id) AS creators FROM ${recent}
    GROUP BY GROUPING SETS ((column_name), ()) ORDER BY creators DESC, column_name`,
  )
  const total = counts.find(({ column_name }) => column_name === null)?.creators ?? 0
  if (total === 0) return emptySection(text, people.period !== undefined)
  const kind = `CASE column_name ${kindOf(pipeline, 'displayName', 'name')} ${kindOf(pipeline, 'bio', 'bio')} ELSE 'other' END`
  const limit = Object.entries(MOST).map(([name, most]) => `WHEN '${name}' THEN ${most}`)
  const changes = await all<Change>(
    connection,
    `SELECT ${kind} AS kind, c.user_id, o.nickname, o.profile_url, column_name, changed_at,
      left(old_value, ${LONGEST}) AS old_value, left(new_value, ${LONGEST}) AS new_value
    FROM ${recent} AS c LEFT JOIN creator_overview AS o ON o.user_id = c.user_id
    QUALIFY row_number() OVER (PARTITION BY kind ORDER BY o.fans DESC NULLS LAST, c.user_id, changed_at DESC, column_name)
      <= CASE kind ${limit.join(' ')} END
    ORDER BY o.fans DESC NULLS LAST, c.user_id, changed_at DESC, column_name`,
  )
  const of = (name: Kind) => changes.filter((each) => each.kind === name)
  const words = counts
    .filter(({ column_name }) => column_name !== null)
    .map(({ column_name, creators }, at) => {
      return html`${at > 0 && text.comma}${wordFor(source, column_name!)} <b>${count(creators)}</b>`
    })
  return html`<section id="changes">
    <h2>${text.title(total, DAYS)}</h2>
    <p class="lead">${text.lead}${words}${text.stop}</p>
    ${block(source, text.name, [text.old, text.creator], of('name'), renamed)}
    ${block(source, text.bio, [text.creator, text.change], of('bio'), (each) => rewritten(each, text))}
    ${block(source, text.other, [text.creator, text.what, text.change], of('other'), (each) => other(each, source))}
  </section>`
}

function emptySection(text: ChangesText, hasHistory: boolean): Html {
  return html`<section id="changes">
    <h2>${text.plainTitle}</h2>
    <p class="empty">${hasHistory ? text.none(DAYS) : text.early}</p>
  </section>`
}

function renamed(each: Change): Html {
  return html`<td class="text old"><bdi>${each.old_value}</bdi></td>
    <td class="text">${person({ ...each, nickname: each.new_value })}</td>`
}

function rewritten(each: Change, text: ChangesText): Html {
  return html`<td class="name">${person(each)}</td>
    <td class="text bio">${beforeAfter(each, text)}</td>`
}

function other(each: Change, source: ReportSource): Html {
  const text = changesSectionText[source.lang]
  return html`<td class="name">${person(each)}</td>
    <td>${wordFor(source, each.column_name)}</td>
    <td class="text">
      ${isList(source.pipeline, each) ? html`<span class="muted">${text.list}</span>` : beforeAfter(each, text)}
    </td>`
}

function kindOf(pipeline: Pipeline, role: Role, kind: Kind): string {
  return `WHEN ${quotedText(columnOf(pipeline, role) ?? '')} THEN '${kind}'`
}

function isList({ columns }: Pipeline, { column_name }: Change): boolean {
  return columns[column_name]?.type === 'list'
}

/** The word for the role, the pipeline's own title, or the column's name with its description as a tooltip. */
function wordFor({ pipeline, lang, words }: ReportSource, name: string): Html {
  const { role, description } = pipeline.columns[name] ?? {}
  const word = (role && changesSectionText[lang].roles[role]) ?? words.columns?.[name]?.[0]
  return word === undefined ? html`<code title="${description}">${name}</code>` : html`${word}`
}

function beforeAfter({ old_value, new_value }: Change, text: ChangesText): Html {
  const value = (each: string | null) =>
    each === null ? html`<i class="muted">${text.nothing}</i>` : html`<bdi>${each}</bdi>`
  return html`<del>${value(old_value)}</del> <span class="arrow" role="img" aria-label="${text.became}">→</span>
    <ins>${value(new_value)}</ins>`
}

function block(
  { pipeline, lang }: ReportSource,
  title: string,
  heads: readonly string[],
  changes: readonly Change[],
  cells: (change: Change) => Html,
): Html | false {
  if (changes.length === 0) return false
  const text = changesSectionText[lang]
  return html`<h3>${title} <small>${text.shown(changes.length)}</small></h3>
    ${scrolling(
      title,
      html`<table class="changes">
        <thead class="hidden">
          <tr>
            ${[...heads, text.when].map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${changes.map(
            (each) =>
              html`<tr>
                ${cells(each)}
                <td class="n muted">${minuteIn(pipeline.timeZone, each.changed_at)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}`
}
