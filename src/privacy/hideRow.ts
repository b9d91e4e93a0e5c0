import type { ParsedId, Pipeline } from '../model/pipeline.js'
import { FORGOTTEN_PERSON } from '../model/resolution.js'
import type { IdFinder } from './idFinder.js'

/** The parts of an input row that can identify a person. */
export interface RowWithId {
  readonly cells: readonly (string | null)[]
  /** The one of the cells from which the id is read. */
  readonly cell: string
  readonly parsed: ParsedId
}

/** The reject reason of a row whose person was forgotten. It is stored, so it names the command by its plain name. */
export const FORGOTTEN_ID = {
  reason: FORGOTTEN_PERSON.reason,
  remedy: 'leave the row out: this person was forgotten; `creator-enrich forget --allow` takes it back',
} as const

/**
 * Blanks every cell that has the id of a forgotten person, and rejects the row of a forgotten person.
 * @returns the same row if it has no such id
 */
export function hideRow<Row extends RowWithId>(
  row: Row,
  forgotten: IdFinder,
  pipeline: Pick<Pipeline, 'parseId'>,
): Row {
  const isForgotten = 'id' in row.parsed && forgotten.has(row.parsed.id)
  const hasForgottenId = (cell: string | null): boolean => {
    if (cell === null) return false
    if (forgotten.isIn(cell)) return true
    // The cell may have the id in another form, such as full-width digits. Parsing is slow, so only where it is likely.
    const parsed = isForgotten ? pipeline.parseId(cell) : undefined
    if (parsed === undefined) return false
    // A link or name that leads to an id may have led to this one.
    return 'id' in parsed ? forgotten.has(parsed.id) : parsed.resolve !== undefined
  }
  if (!isForgotten && !row.cells.some(hasForgottenId)) return row
  const blanked = (cell: string | null): string | null => (hasForgottenId(cell) ? '' : cell)
  const cell = blanked(row.cell) ?? ''
  return { ...row, cells: row.cells.map(blanked), cell, parsed: isForgotten ? FORGOTTEN_ID : row.parsed }
}
