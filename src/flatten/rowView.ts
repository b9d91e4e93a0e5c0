import type { Row, Value } from '../model/pipeline.js'

/**
 * Makes rows that read an array of cells by column name. Building an object of a hundred columns for each answer would
 * take longer than reading the answer.
 */
export function rowView(names: readonly string[]): (cells: readonly Value[]) => Row {
  class View {
    constructor(readonly cells: readonly Value[]) {}
  }
  names.forEach((name, index) =>
    Object.defineProperty(View.prototype, name, {
      get(this: View) {
        return this.cells[index] ?? null
      },
    }),
  )
  return (cells) => new View(cells) as unknown as Row
}
