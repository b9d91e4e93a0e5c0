import type { DuckDBType } from '@duckdb/node-api'
import { quotedText } from '../core/duckdb.js'

/**
 * The SQL of a value as text: lists, structs and maps as JSON, other types as DuckDB casts them to text. Older writers store
 * text as bytes without a mark, so bytes are text where they are UTF-8; other bytes become `\xFF`.
 */
export function asText(type: DuckDBType, sql: string): string {
  const name = String(type)
  if (name === 'VARCHAR') return sql
  if (name === 'BLOB') return bytesAsText(sql)
  const nested = /^(STRUCT|MAP|UNION|VARIANT)\b|\[\d*\]$/.test(name)
  return nested ? `to_json(${withText(type, sql, 0)})::VARCHAR` : `${sql}::VARCHAR`
}

/** The SQL of a value of bytes as text, NULL if it is not UTF-8. */
export function textOrNull(sql: string): string {
  return `TRY(decode(${sql}))`
}

function bytesAsText(sql: string): string {
  return `coalesce(${textOrNull(sql)}, ${sql}::VARCHAR)`
}

/** The same nested value with its bytes as text. */
function withText(type: DuckDBType, sql: string, depth: number): string {
  if (!/\bBLOB\b/.test(String(type))) return sql
  if (String(type) === 'BLOB') return bytesAsText(sql)
  const item = `_item_${depth}`
  const each = (list: string, what: string) => `list_transform(${list}, lambda ${item}: ${what})`
  if ('keyType' in type) {
    const key = withText(type.keyType, `struct_extract(${item}, 'key')`, depth + 1)
    const value = withText(type.valueType, `struct_extract(${item}, 'value')`, depth + 1)
    return `map_from_entries(${each(`map_entries(${sql})`, `{'key': ${key}, 'value': ${value}}`)})`
  }
  if ('valueType' in type) return each(sql, withText(type.valueType, item, depth + 1))
  if ('entryNames' in type) {
    const entries = type.entryNames.map((name, index) => {
      const entry = withText(type.entryTypes[index]!, `struct_extract_at(${sql}, ${index + 1})`, depth)
      return `${quotedText(name)}: ${entry}`
    })
    return `if(${sql} IS NULL, NULL, {${entries.join(', ')}})`
  }
  return sql
}
