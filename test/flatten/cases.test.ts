import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { compilePipeline } from '../../src/flatten/compile.js'
import { readJsonText } from '../../src/model/json.js'
import { attributeColumns, type Flattened, type Value } from '../../src/model/pipeline.js'

/**
 * A case is a folder: `input.json` holds the requested id and the profile as received; `expected.json` holds the flattened
 * profile without NULLs. `UPDATE_CASES=1` rewrites `expected.json`: review the difference before you commit it.
 */
const folder = fileURLToPath(new URL('cases', import.meta.url))
const { flatten } = compilePipeline(pipeline)

interface Input {
  readonly id: string
  readonly data: unknown
}

/** A count that is too large for a JSON reader becomes text. */
function readableCell(value: Value): Value {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

function named(names: readonly string[], values: readonly Value[]): Record<string, unknown> {
  const cells = names.map((name, index) => [name, readableCell(values[index]!)] as const)
  return Object.fromEntries(cells.filter(([, value]) => value !== null))
}

function readable({ values, attributes, children, extra, anomalies, drift }: Flattened): unknown {
  const { columns: wide } = pipeline
  const stable = attributeColumns(pipeline).map(([name]) => name)
  return {
    row: named(Object.keys(wide), values),
    stableLists: Object.fromEntries(
      stable.flatMap((name, at) =>
        wide[name]!.type === 'list' && attributes[at] !== null ? [[name, attributes[at]]] : [],
      ),
    ),
    children: Object.fromEntries(
      pipeline.children.map(({ name, columns }, at) => [
        name,
        children[at]!.map((cells) => named(Object.keys(columns), cells)),
      ]),
    ),
    extra,
    anomalies,
    drift,
  }
}

test.each(readdirSync(folder))('%s', (name) => {
  const read = readJsonText(readFileSync(join(folder, name, 'input.json'), 'utf8'))
  if (!read.ok) throw new Error(read.problem)
  const { id, data } = read.value as Input
  const flattened = readable(flatten(data, id))
  const path = join(folder, name, 'expected.json')
  if (process.env['UPDATE_CASES']) writeFileSync(path, JSON.stringify(flattened, null, 2))
  expect(flattened).toEqual(JSON.parse(readFileSync(path, 'utf8')))
})
