import { MOST_COLUMNS } from '../limits.js'
import { columnNumber } from './columnNumber.js'
import { relationsOf } from './parts.js'
import { localName, parseXml } from './xml.js'
import type { Zip } from './zip.js'

/** The addresses behind the cells of a sheet: by row, then by column, both from 1. */
export type Hyperlinks = ReadonlyMap<number, ReadonlyMap<number, string>>

/** As many as Excel keeps in a sheet. */
const MOST_LINKS = 65_530

/** Reads them from the end of the sheet; a sheet without links to other places is not read. */
export async function readHyperlinks(zip: Zip, part: string, source: string): Promise<Hyperlinks> {
  const found = new Map<number, Map<number, string>>()
  const relations = await relationsOf(zip, part, source)
  if (![...relations.values()].some(({ kind }) => kind === 'hyperlink')) return found
  let count = 0
  await parseXml(zip.bytes(part), source, {
    open(name, attributes) {
      if (name !== 'hyperlink') return
      const id = Object.entries(attributes).find(([key]) => localName(key) === 'id')?.[1] ?? ''
      const target = relations.get(id)?.target
      if (target === undefined) return
      for (const [row, column] of placesOf(attributes['ref'] ?? '')) {
        if ((count += 1) > MOST_LINKS) return
        const links = found.get(row) ?? new Map<number, string>()
        found.set(row, links.set(column, target))
      }
    },
  })
  return found
}

/** The cells of a place such as B2 or B2:B9. */
function* placesOf(ref: string): Generator<[row: number, column: number]> {
  const [from = '', to = from] = ref.split(':')
  const [top, bottom] = [rowOf(from), rowOf(to)]
  const [left, right] = [columnNumber(from), Math.min(columnNumber(to), MOST_COLUMNS)]
  for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) yield [row, column]
}

function rowOf(place: string): number {
  return Number(place.replace(/^[A-Z]+/, ''))
}
