import type { Anomaly, ChildTable, Row, Value } from '../model/pipeline.js'
import { rowView } from './rowView.js'
import { parsePath } from './sourceTree.js'
import { getterOf, sourcesOf, type ColumnSource } from './sources.js'
import { stableRows } from './stableForm.js'

export interface CompiledChild {
  readonly name: string
  readonly path: string
  /** One row for each item, in the order of the child table's columns. An item that is not an object is a row of NULLs. */
  readonly rows: (value: unknown, anomalies: Anomaly[]) => (readonly Value[])[]
  /** Cells by column name. */
  readonly view: (cells: readonly Value[]) => Row
  /** The list's stable form, from its rows. */
  readonly stable: (rows: readonly (readonly Value[])[]) => string | null
}

/**
 * @param parents the columns of the wide row. A field that one of them picks out of this list is already checked there, so
 * its anomalies are not reported again.
 * @throws Error if a column of the child table has no path
 */
export function compileChild(child: ChildTable, parents: readonly ColumnSource[]): CompiledChild {
  const getList = getterOf(parsePath(child.path))
  const list = parents.find(({ column }) => column.path === child.path)?.name ?? child.path
  const picked = parents.flatMap(({ path }) =>
    path.pick && path.keys.join('.') === child.path ? [path.pick.rest.join('.')] : [],
  )
  const names = Object.keys(child.columns)
  const cells = sourcesOf(child.columns).map(({ get, read, path }) => ({
    get,
    read,
    reportedByParent: picked.includes(path.keys.join('.')),
  }))
  if (cells.length < names.length) throw new Error(`child table ${child.name}: every column needs a path`)

  function rows(value: unknown, anomalies: Anomaly[]): (readonly Value[])[] {
    const items = getList(value)
    if (!Array.isArray(items)) return []
    return items.map((item) =>
      cells.map(({ get, read, reportedByParent }) => {
        const raw = get(item)
        if (raw === undefined || raw === null) return null
        const cell = read(raw, (kind, detail) => {
          if (!reportedByParent) anomalies.push({ kind, column: list, detail })
        })
        return cell ?? null
      }),
    )
  }
  return { name: child.name, path: child.path, rows, view: rowView(names), stable: stableRows(child) }
}
