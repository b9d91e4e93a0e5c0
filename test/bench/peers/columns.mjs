// What the peers that run on Node share: the ids, and one profile as a flat row of the given columns.
import { readFileSync } from 'node:fs'

/** @typedef {{ name: string, path: string, type: 'text' | 'count' | 'flag' | 'list' }} Column */

export const [, , url, listFile, folder, columnsFile] = process.argv
export const concurrency = Number(process.env.CONCURRENCY)
/** @type {Column[]} */
export const columns = JSON.parse(readFileSync(columnsFile, 'utf8'))

export const SQL_TYPES = { text: 'VARCHAR', count: 'BIGINT', flag: 'BOOLEAN', list: 'VARCHAR' }
export const creatorsTable = `CREATE TABLE creators (${columns.map(({ name, type }) => `"${name}" ${SQL_TYPES[type]}`).join(', ')})`

const nameOf = new Map(columns.map(({ name, path }) => [path, name]))

/** The address of one call, below the base. */
export function pathOf(id) {
  return `/api/xiaohongshu/get-user/v3?${new URLSearchParams({ userId: id, token: process.env.JUSTONEAPI_TOKEN ?? '' })}`
}

/** Nested objects become cells by their path, and lists JSON text; counts shown on the profile are found by their type. */
export function flatten(value, row = {}, prefix = '') {
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix + key
    const name = nameOf.get(path)
    const nested = typeof inner === 'object' && inner !== null
    if (nested && !Array.isArray(inner) && name === undefined) {
      flatten(inner, row, `${path}.`)
      continue
    }
    if (path === 'interactions') for (const item of inner) flatten(item, row, `interactions[type=${item.type}].`)
    if (name !== undefined) row[name] = nested ? JSON.stringify(inner) : inner
  }
  return row
}

const cell = (type, value = null) => (type === 'count' && value !== null ? BigInt(value) : value)

/** Appends rows as typed columns, which is the fastest way of the client. */
export function insert(duckdb, appender, rows) {
  const types = columns.map(({ type }) => duckdb[SQL_TYPES[type]])
  // A chunk holds up to 2,048 rows.
  const chunk = duckdb.DuckDBDataChunk.create(types, rows.length)
  chunk.setColumns(columns.map(({ name, type }) => rows.map((row) => cell(type, row[name]))))
  appender.appendDataChunk(chunk)
}

export async function verify(connection, ids) {
  const [[rows]] = (await connection.runAndReadAll('SELECT count(DISTINCT user_id)::INTEGER FROM creators')).getRows()
  if (rows !== ids) throw new Error(`${rows} rows for ${ids} ids`)
}
