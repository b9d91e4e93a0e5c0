import { all, first, quotedText } from '../../core/duckdb.js'
import { count, plural } from '../../core/text.js'
import { DAY_MS } from '../../core/time.js'
import { columnOf, type Pipeline, type Role } from '../../model/pipeline.js'
import { scrolling } from '../dataTable.js'
import { minuteIn } from '../figures.js'
import { html, type Html } from '../html.js'
import { person, type ReportPerson } from '../person.js'
import type { ReportSource } from '../source.js'

interface Change extends ReportPerson {
  readonly kind: Kind
  readonly column_name: string
  readonly changed_at: number
  readonly old_value: string | null
  readonly new_value: string | null
}

type Kind = 'name' | 'bio' | 'other'

const DAYS = 7
/** Changes shown, of the creators with the most followers first; the rest is in `creator_changes`. */
const MOST: Readonly<Record<Kind, number>> = { name: 20, bio: 10, other: 20 }
const LONGEST = 400

const ROLE_WORDS: Partial<Record<Role, string>> = {
  displayName: 'name',
  bio: 'bio',
  region: 'region',
  gender: 'gender',
  age: 'age',
  verification: 'verification',
}

/** Renames, new bios, and other changed attributes. */
export async function changesSection({ connection, pipeline }: ReportSource): Promise<Html> {
  const { newest } = (await first<{ newest: number | null }>(
    connection,
    'SELECT epoch_ms(max(last_fetched_at)) AS newest FROM creator_overview',
  ))!
  const recent = `epoch_ms(changed_at) > ${(newest ?? 0) - DAYS * DAY_MS}`
  const counts = await all<{ column_name: string; changes: number; creators: number }>(
    connection,
    `SELECT column_name, count(*) AS changes, count(DISTINCT user_id) AS creators
    FROM creator_changes WHERE ${recent} GROUP BY column_name ORDER BY changes DESC, column_name`,
  )
  if (counts.length === 0) return emptySection(await hasHistory({ connection }))
  const kind = `CASE column_name ${kindOf(pipeline, 'displayName', 'name')} ${kindOf(pipeline, 'bio', 'bio')} ELSE 'other' END`
  const limit = Object.entries(MOST).map(([name, most]) => `WHEN '${name}' THEN ${most}`)
  const changes = await all<Change>(
    connection,
    `SELECT ${kind} AS kind, c.user_id, o.nickname, o.profile_url, column_name, changed_at,
      left(old_value, ${LONGEST}) AS old_value, left(new_value, ${LONGEST}) AS new_value
    FROM creator_changes AS c LEFT JOIN creator_overview AS o ON o.user_id = c.user_id
    WHERE ${recent}
    QUALIFY row_number() OVER (PARTITION BY kind ORDER BY o.fans DESC NULLS LAST, c.user_id, changed_at DESC, column_name)
      <= CASE kind ${limit.join(' ')} END
    ORDER BY o.fans DESC NULLS LAST, c.user_id, changed_at DESC, column_name`,
  )
  const of = (name: Kind) => changes.filter((each) => each.kind === name)
  return html`<section id="changes">
    <h2>What changed</h2>
    <p class="lead">
      Creators who changed these attributes in the last ${DAYS} days:
      ${counts.map(
        ({ column_name, creators }, at) =>
          html`${at > 0 && ', '}${wordFor(pipeline, column_name)} <b>${count(creators)}</b>`,
      )}.
    </p>
    ${block(
      'Renamed',
      of('name'),
      (each) =>
        html`<td class="text old"><bdi>${each.old_value}</bdi></td>
          <td class="text">${person({ ...each, nickname: each.new_value })}</td>`,
      pipeline,
    )}
    ${block(
      'New bios',
      of('bio'),
      (each) =>
        html`<td class="name">${person(each)}</td>
          <td class="text bio">${beforeAfter(each)}</td>`,
      pipeline,
    )}
    ${block(
      'Everything else',
      of('other'),
      (each) =>
        html`<td class="name">${person(each)}</td>
          <td>${wordFor(pipeline, each.column_name)}</td>
          <td class="text">
            ${isList(pipeline, each) ? html`<span class="muted">a list: see creator_changes</span>` : beforeAfter(each)}
          </td>`,
      pipeline,
    )}
  </section>`
}

function emptySection(hasHistory: boolean): Html {
  const text = hasHistory
    ? `No creator changed anything in the last ${DAYS} days.`
    : 'Nothing to compare yet: changes appear when creators have been fetched twice.'
  return html`<section id="changes">
    <h2>What changed</h2>
    <p class="empty">${text}</p>
  </section>`
}

async function hasHistory({ connection }: Pick<ReportSource, 'connection'>): Promise<boolean> {
  const { twice } = (await first<{ twice: boolean }>(
    connection,
    'SELECT count(*) > 0 AS twice FROM creator_growth_daily WHERE previous_day IS NOT NULL',
  ))!
  return twice
}

function kindOf(pipeline: Pipeline, role: Role, kind: Kind): string {
  return `WHEN ${quotedText(columnOf(pipeline, role) ?? '')} THEN '${kind}'`
}

function isList({ columns }: Pipeline, { column_name }: Change): boolean {
  return columns[column_name]?.type === 'list'
}

/** The word for the role, or the column's name with its description as a tooltip. */
function wordFor({ columns }: Pipeline, name: string): Html {
  const { role, description } = columns[name] ?? {}
  const word = role && ROLE_WORDS[role]
  return word === undefined ? html`<code title="${description}">${name}</code>` : html`${word}`
}

function beforeAfter({ old_value, new_value }: Change): Html {
  const value = (text: string | null) => (text === null ? html`<i class="muted">nothing</i>` : html`<bdi>${text}</bdi>`)
  return html`<del>${value(old_value)}</del> <span class="arrow" aria-label="became">→</span>
    <ins>${value(new_value)}</ins>`
}

function block(
  title: string,
  changes: readonly Change[],
  cells: (change: Change) => Html,
  { timeZone }: Pipeline,
): Html | false {
  if (changes.length === 0) return false
  return html`<h3>${title} <small>${plural(changes.length, 'change')} shown</small></h3>
    ${scrolling(
      title,
      html`<table class="changes">
        <caption class="hidden">
          ${title}
        </caption>
        <tbody>
          ${changes.map(
            (each) =>
              html`<tr>
                ${cells(each)}
                <td class="n muted">${minuteIn(timeZone, each.changed_at)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}`
}
