import { UsageError } from '../../core/errors.js'
import type { Pipeline } from '../../model/pipeline.js'
import { parsedCell } from '../parsedCell.js'
import { firstRows, type RawRow, SAMPLE } from '../table.js'
import type { WorksheetPart } from './parts.js'

/** What the choice depends on. */
export interface SheetChoice {
  readonly source: string
  readonly pipeline: Pipeline
  /** The name that `--sheet` gives. */
  readonly given: string | undefined
  readonly rowsOf: (part: string) => AsyncGenerator<RawRow[]>
}

/** The sheet to read, and a description of it and of the others for people. */
export interface ChosenSheet {
  readonly part: string
  readonly notes: readonly string[]
}

interface LookedAt extends WorksheetPart {
  readonly hasRows: boolean
  readonly hasIds: boolean
}

/** Sheets that are named in a message. */
const MOST_NAMES = 20

/**
 * Chooses the given sheet, else the first visible one with an id in its first rows, else the first visible one with rows.
 * @throws UsageError if there is no such sheet, or if only a hidden one has ids
 */
export async function chooseSheet(sheets: readonly WorksheetPart[], choice: SheetChoice): Promise<ChosenSheet> {
  const { source, given } = choice
  const looked: LookedAt[] = []
  for (const sheet of sheets) looked.push({ ...sheet, ...(await lookAt(sheet, choice)) })
  const { name, part, hidden } = given === undefined ? defaultSheet(looked, source) : namedSheet(looked, given, source)
  const others = looked.filter((sheet) => sheet.part !== part || sheet.name !== name).filter(({ hasRows }) => hasRows)
  return {
    part,
    notes: [
      `sheet ${quoted(name)}${hidden ? ' (hidden)' : ''}`,
      ...(others.length === 0 ? [] : [`not read: ${others.slice(0, MOST_NAMES).map(described).join(', ')}`]),
      ...(others.length > MOST_NAMES ? [`and ${others.length - MOST_NAMES} more`] : []),
    ],
  }
}

async function lookAt({ part }: WorksheetPart, { rowsOf, pipeline }: SheetChoice) {
  const head = await firstRows(rowsOf(part), SAMPLE + 1)
  const hasIds = head.some((row) => row.cells.some((_, index) => 'id' in parsedCell(row, index, pipeline)))
  return { hasRows: head.length > 0, hasIds }
}

function defaultSheet(sheets: readonly LookedAt[], source: string): LookedAt {
  const visible = sheets.filter(({ hidden }) => !hidden)
  const withIds = visible.find(({ hasIds }) => hasIds)
  if (withIds) return withIds
  const unseen = sheets.find(({ hasIds }) => hasIds)
  if (unseen)
    throw new UsageError(`${source}: only the hidden sheet ${quoted(unseen.name)} has ids; name it with --sheet`)
  return visible.find(({ hasRows }) => hasRows) ?? visible[0] ?? sheets[0]!
}

function namedSheet(sheets: readonly LookedAt[], given: string, source: string): LookedAt {
  const found =
    sheets.find(({ name }) => name === given) ??
    sheets.find(({ name }) => name.trim().toLowerCase() === given.trim().toLowerCase())
  if (found) return found
  const names = sheets.slice(0, MOST_NAMES).map(({ name }) => quoted(name))
  const more = sheets.length > MOST_NAMES ? ` and ${sheets.length - MOST_NAMES} more` : ''
  throw new UsageError(`${source} has no sheet ${quoted(given)}; name one of ${names.join(', ')}${more}`)
}

function described({ name, hidden, hasIds }: LookedAt): string {
  const signs = [...(hidden ? ['hidden'] : []), ...(hasIds ? ['has ids'] : [])]
  return signs.length === 0 ? quoted(name) : `${quoted(name)} (${signs.join(', ')})`
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
