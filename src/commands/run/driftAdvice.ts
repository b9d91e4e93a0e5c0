import type { DriftReceipt } from '../../model/receipt.js'

/** How a column of a kind of value is written; what came as null tells nothing. */
const COLUMNS: Readonly<Record<string, string>> = {
  text: 'attribute.text',
  count: 'counter',
  ratio: 'attribute.ratio',
  flag: 'attribute.flag',
  list: 'attribute.list',
  object: 'attribute.object',
}

/** A path that a column may have; behind the brackets of a list stands a column of its child table. */
const PATH = /^(?:([\w.]+)\[\]\.)?([\w.]+)$/

/** The lines that would make columns of the unknown keys: a proposal, for nobody can tell from one answer what a value means. */
export function driftAdvice(drift: readonly DriftReceipt[]): string[] {
  return drift.flatMap(({ path, kind, found }) => {
    const column = COLUMNS[found ?? '']
    const match = PATH.exec(path)
    if (kind !== 'unknown_key' || column === undefined || !match) return []
    const [, list, key] = match
    if (key!.split('.').some((each) => each in Object.prototype)) return []
    const line = `${key!.replaceAll('.', '_')}: ${column}('${key!}', '…'),`
    return [list === undefined ? line : `${line} // an item of ${list}`]
  })
}
