import { open } from 'node:fs/promises'
import { UsageError } from '../core/errors.js'
import { MOST_COLUMNS } from './limits.js'
import { readStruct, type Shape, type ThriftStruct, type ThriftValue } from './thrift.js'

/** What a Parquet file says about itself at its end. DuckDB changes some names and types, and says nothing of others. */
export interface ParquetFooter {
  /** As they stand in the file. */
  readonly columns: readonly string[]
}

const MAGIC = 4
/** Of the length and the magic bytes. */
const TAIL = 8
const LARGEST_FOOTER = 256 * 1024 * 1024

/** The fields by the numbers in Parquet's definition. */
const SCHEMA = { name: 4, children: 5, converted: 6, precision: 8, logical: 10 } as const
const FILE = { schema: 2, groups: 4, encryption: 8 } as const
const CHUNK = { metadata: 3, crypto: 8 } as const
const GROUP = { chunks: 1 } as const
const CODEC = 4
const LOGICAL_DECIMAL = 5
const CONVERTED_DECIMAL = 5

const SHAPE: Shape = {
  [FILE.schema]: {
    [SCHEMA.name]: true,
    [SCHEMA.children]: true,
    [SCHEMA.converted]: true,
    [SCHEMA.precision]: true,
    [SCHEMA.logical]: { [LOGICAL_DECIMAL]: { 2: true } },
  },
  [FILE.groups]: { [GROUP.chunks]: { [CHUNK.metadata]: { [CODEC]: true }, [CHUNK.crypto]: {} } },
  [FILE.encryption]: {},
}

/**
 * Reads the footer of a Parquet file.
 * @throws UsageError for what would be read wrongly or not at all: encryption, other codecs, long decimals
 * @throws RangeError or an error of the file system if the footer cannot be read
 */
export async function parquetFooter(path: string): Promise<ParquetFooter> {
  const file = readStruct(await footerBytes(path), SHAPE)
  const { columns, leaves } = schemaOf(structs(file.get(FILE.schema)))
  refuseEncrypted(path, file, leaves)
  refuseCodec(path, file)
  refuseLongDecimals(path, leaves)
  if (columns.length > MOST_COLUMNS) {
    throw new UsageError(`${path} has more than 16,384 columns; keep only the columns that are needed`)
  }
  return { columns }
}

async function footerBytes(path: string): Promise<Buffer> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    if (size < MAGIC + TAIL) throw new RangeError('it is cut')
    const read = async (length: number, at: number) => (await handle.read(Buffer.alloc(length), 0, length, at)).buffer
    const tail = await read(TAIL, size - TAIL)
    const magic = tail.toString('latin1', MAGIC)
    if (magic === 'PARE') throw encrypted(path, 'is encrypted')
    if (magic !== 'PAR1') throw new RangeError('it is cut: its end is missing')
    const length = tail.readUInt32LE()
    if (length > size - MAGIC - TAIL) throw new RangeError('its end is damaged')
    if (length > LARGEST_FOOTER) throw new RangeError('it has far too many row groups')
    return await read(length, size - TAIL - length)
  } finally {
    await handle.close()
  }
}

/** A column with values, maybe deep inside of others. */
interface Leaf {
  /** The name of the column at the top. */
  readonly column: string
  readonly element: ThriftStruct
}

/** The schema lists a column before the columns inside of it. */
function schemaOf([, ...elements]: readonly ThriftStruct[]): { columns: string[]; leaves: Leaf[] } {
  const columns: string[] = []
  const leaves: Leaf[] = []
  /** How many columns each level still lacks. */
  const levels: number[] = []
  for (const element of elements) {
    if (levels.length === 0) columns.push(nameOf(element))
    else levels.push(levels.pop()! - 1)
    const children = numberOf(element.get(SCHEMA.children))
    if (children > 0) levels.push(children)
    else leaves.push({ column: columns.at(-1)!, element })
    while (levels.at(-1) === 0) levels.pop()
  }
  return { columns, leaves }
}

function refuseEncrypted(path: string, file: ThriftStruct, leaves: readonly Leaf[]): void {
  const chunks = groupsOf(file)[0] ?? []
  const columns = chunks.flatMap((chunk, index) => (chunk.has(CHUNK.crypto) ? [leaves[index]?.column ?? ''] : []))
  if (columns.length > 0) {
    const names = [...new Set(columns)].map((name) => JSON.stringify(name))
    const few = names.length > 20 ? [...names.slice(0, 20), 'others'] : names
    throw encrypted(path, `has encrypted columns (${few.join(', ')})`)
  }
  if (file.has(FILE.encryption)) throw encrypted(path, 'is encrypted')
}

function encrypted(path: string, what: string): UsageError {
  return new UsageError(`${path} ${what}; write it without encryption`)
}

/** By their numbers. */
const CODECS = ['none', 'Snappy', 'gzip', 'LZO', 'Brotli', 'LZ4 in its older form', 'zstd', 'LZ4_RAW']
const NOT_READ = new Set(['LZO', 'LZ4 in its older form'])

function refuseCodec(path: string, file: ThriftStruct): void {
  for (const chunks of groupsOf(file)) {
    for (const chunk of chunks) {
      const metadata = chunk.get(CHUNK.metadata)
      const number = metadata instanceof Map ? numberOf(metadata.get(CODEC)) : 0
      const name = CODECS[number]
      if (name !== undefined && !NOT_READ.has(name)) continue
      const what = `${path} is compressed with ${name ?? `an unknown codec (${number})`}, which is not read`
      throw new UsageError(`${what}; write it with Snappy, zstd, gzip, Brotli or LZ4_RAW`)
    }
  }
}

/** As many digits as DuckDB's decimals have. It reads longer ones as wrong numbers, without an error. */
const MOST_DIGITS = 38

function refuseLongDecimals(path: string, leaves: readonly Leaf[]): void {
  for (const { column, element } of leaves) {
    const logical = element.get(SCHEMA.logical)
    const decimal = logical instanceof Map ? logical.get(LOGICAL_DECIMAL) : undefined
    const isDecimal = decimal instanceof Map || element.get(SCHEMA.converted) === CONVERTED_DECIMAL
    if (!isDecimal) continue
    const precision = decimal instanceof Map ? decimal.get(2) : element.get(SCHEMA.precision)
    if (numberOf(precision) <= MOST_DIGITS) continue
    const what = `column ${JSON.stringify(column)} has decimals of ${numberOf(precision)} digits, and more than ${MOST_DIGITS} are not read`
    throw new UsageError(`${path}: ${what}; write it as text, or leave it out`)
  }
}

function groupsOf(file: ThriftStruct): ThriftStruct[][] {
  return structs(file.get(FILE.groups)).map((group) => structs(group.get(GROUP.chunks)))
}

function structs(value: ThriftValue | undefined): ThriftStruct[] {
  return Array.isArray(value) ? value.filter((item) => item instanceof Map) : []
}

function numberOf(value: ThriftValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

function nameOf(element: ThriftStruct): string {
  const name = element.get(SCHEMA.name)
  return Buffer.isBuffer(name) ? name.toString() : ''
}
