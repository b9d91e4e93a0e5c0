// DuckDB's own `read_json` of the answers' bodies (a file with one a line) into the columns of the pipeline, on one thread.
// It does not read carefully: a changed shape, a repeated key or a large number is lost or an error. It has no history.
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { columns, folder, listFile as bodies, SQL_TYPES } from './peers/columns.mjs'

/** `interactions[type=fans].count`: a field of the item of a list whose key has that value. */
const PICKED = /^(\w+)\[(\w+)=(\w+)\]\.(\w+)$/

/** The keys that the columns read: a type of SQL, or the keys below. */
const keys = {}
/** The same for the items of a list from which columns pick. */
const items = {}
const cells = columns.map(({ name, path, type }) => {
  const [, list, key, value, field] = PICKED.exec(path) ?? []
  if (list === undefined) {
    const steps = path.split('.')
    const last = steps.pop()
    const at = steps.reduce((inside, step) => (inside[step] ??= {}), keys)
    at[last] = type === 'list' ? 'JSON' : SQL_TYPES[type]
    return `data.${path}${type === 'list' ? '::VARCHAR' : ''} AS "${name}"`
  }
  keys[list] = 'JSON'
  items[list] = { ...items[list], [key]: 'VARCHAR', [field]: SQL_TYPES[type] }
  return `list_filter(${list}_items, lambda item: item."${key}" = '${value}')[1]."${field}" AS "${name}"`
})

function struct(shape) {
  if (typeof shape === 'string') return shape
  return `STRUCT(${Object.entries(shape)
    .map(([key, inner]) => `"${key}" ${struct(inner)}`)
    .join(', ')})`
}

const lists = Object.entries(items).map(
  ([list, shape]) => `from_json(data."${list}", '${JSON.stringify([shape])}') AS ${list}_items`,
)

const instance = await DuckDBInstance.create(join(folder, 'creators.duckdb'), { threads: '1' })
const connection = await instance.connect()
await connection.run(`
  CREATE TABLE creators AS
  SELECT ${cells.join(', ')}
  FROM (
    SELECT ${['data', ...lists].join(', ')}
    FROM read_json('${bodies}', format = 'newline_delimited', columns = { data: '${struct(keys)}' })
  )`)
connection.closeSync()
instance.closeSync()
