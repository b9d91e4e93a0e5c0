import type { ParsedId, Pipeline } from '../model/pipeline.js'
import type { IdFinder } from './idFinder.js'

/** The part of an input row that can tell who it is about. */
export interface RowWithId {
  readonly cells: readonly (string | null)[]
  /** One of them, in which the id was looked for. */
  readonly cell: string
  readonly parsed: ParsedId
}

/** Why the row of somebody who was forgotten has no id. */
export const FORGOTTEN_ID = {
  reason: 'forgotten',
  remedy: 'leave the row out: this person was forgotten; `creator-enrich forget --allow` takes it back',
} as const

/**
 * Blanks every cell that tells the id of somebody who was forgotten, and rejects the row that is theirs.
 * @returns the row itself where there is nothing to hide
 */
export function hideRow<Row extends RowWithId>(
  row: Row,
  forgotten: IdFinder,
  pipeline: Pick<Pipeline, 'parseId'>,
): Row {
  const theirs = 'id' in row.parsed && forgotten.has(row.parsed.id)
  const tells = (cell: string | null): boolean => {
    if (cell === null) return false
    if (forgotten.isIn(cell)) return true
    // A cell that must be read to be understood, in full-width digits for one; worth the time only where it is likely.
    const parsed = theirs ? pipeline.parseId(cell) : undefined
    return parsed !== undefined && 'id' in parsed && forgotten.has(parsed.id)
  }
  if (!theirs && !row.cells.some(tells)) return row
  const shown = (cell: string | null): string | null => (tells(cell) ? '' : cell)
  const cell = shown(row.cell) ?? ''
  return { ...row, cells: row.cells.map(shown), cell, parsed: theirs ? FORGOTTEN_ID : row.parsed }
}
