import { open, type FileHandle } from 'node:fs/promises'
import { stringify } from 'csv-stringify/sync'
import { exportFile, type ExportedFile } from './exportedFile.js'
import { guardFormula } from './guardFormula.js'

/** A cell: its text, or null for an empty one. */
export type CsvCell = string | null

export interface CsvContent {
  readonly header: readonly string[]
  /** Records in batches of any size, one cell a column. */
  readonly records: AsyncIterable<Iterable<readonly CsvCell[]>>
  /** Starts the file with a byte order mark, without which Excel takes it for the system's old encoding. */
  readonly bom: boolean
}

/**
 * Cells with a comma, a quote or a line break are quoted. A lone carriage return is named here, and not left to
 * `quote_record_delimiter`, which does the same and takes a fifth longer.
 */
const FORM = { record_delimiter: '\n', quote_record_delimiter: false, quoted_match: '\r' } as const

/** Cells handed to csv-stringify at a time. More than a wide record at once is two to four times slower: its parts outlive the young heap. */
const CELLS = 128

const BUFFER = 1 << 20

/** Encodes text into one reused buffer and hands full ones to the file. */
class BufferedFile {
  private readonly buffer = Buffer.allocUnsafe(BUFFER)
  private used = 0

  constructor(private readonly handle: FileHandle) {}

  async write(text: string): Promise<void> {
    const most = text.length * 3
    if (most > BUFFER - this.used) await this.flush()
    if (most > BUFFER) await this.handle.writeFile(text)
    else this.used += this.buffer.write(text, this.used)
  }

  async flush(): Promise<void> {
    if (this.used > 0) await this.handle.writeFile(this.buffer.subarray(0, this.used))
    this.used = 0
  }
}

async function writeRecords(file: BufferedFile, { header, records }: CsvContent): Promise<number> {
  const batchSize = Math.max(1, Math.floor(CELLS / header.length))
  let batch: CsvCell[][] = []
  let rows = 0
  const add = async (record: readonly CsvCell[]): Promise<void> => {
    batch.push(record.map((cell) => (cell === null ? null : guardFormula(cell))))
    if (batch.length < batchSize) return
    await file.write(stringify(batch, FORM))
    batch = []
  }
  await add(header)
  for await (const some of records) {
    for (const record of some) {
      await add(record)
      rows += 1
    }
  }
  if (batch.length > 0) await file.write(stringify(batch, FORM))
  return rows
}

/** Writes a CSV file in place of an older one: UTF-8, `\n` after each record, every cell guarded against being run as a formula. */
export async function exportCsv(path: string, content: CsvContent): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    const handle = await open(temporary, 'w')
    try {
      const file = new BufferedFile(handle)
      if (content.bom) await file.write('\uFEFF')
      const rows = await writeRecords(file, content)
      await file.flush()
      return rows
    } finally {
      await handle.close()
    }
  })
}
