import { open, type FileHandle } from 'node:fs/promises'
import { stringify } from 'csv-stringify/sync'
import { csvCell } from './csvRecord.js'
import { exportFile, type ExportedFile } from './exportedFile.js'

/** Options of csv-stringify: cells with a comma, a quote, a line break or a carriage return are quoted. */
export const FORM = { record_delimiter: '\n', quoted_match: '\r' } as const

export interface CsvContent {
  readonly header: readonly string[]
  /** Finished records (`csvRecord`), in batches of any size. */
  readonly records: AsyncIterable<readonly Uint8Array[]>
  /** Start the file with a byte order mark: without it, Excel reads the file in the system's old encoding. */
  readonly bom: boolean
}

const BUFFER = 1 << 20

/** Collects records in one buffer, and writes it to the file when it is full. */
class BufferedFile {
  private readonly buffer = Buffer.allocUnsafe(BUFFER)
  private used = 0

  constructor(private readonly handle: FileHandle) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > BUFFER - this.used) await this.flush()
    if (bytes.length > BUFFER) {
      await this.handle.writeFile(bytes)
      return
    }
    this.buffer.set(bytes, this.used)
    this.used += bytes.length
  }

  async flush(): Promise<void> {
    if (this.used > 0) await this.handle.writeFile(this.buffer.subarray(0, this.used))
    this.used = 0
  }
}

/** The first record of a CSV file, guarded and quoted like the others. */
export function csvHeader(names: readonly string[]): string {
  return stringify([names.map(csvCell)], FORM)
}

/** Writes a CSV file in place of an older one: UTF-8, `\n` after each record, no cell that a spreadsheet runs as a formula. */
export async function exportCsv(path: string, { header, records, bom }: CsvContent): Promise<ExportedFile> {
  return exportFile(path, async (temporary) => {
    const handle = await open(temporary, 'w')
    try {
      const file = new BufferedFile(handle)
      await file.write(Buffer.from((bom ? '\uFEFF' : '') + csvHeader(header)))
      let rows = 0
      for await (const some of records) {
        for (const record of some) await file.write(record)
        rows += some.length
      }
      await file.flush()
      return rows
    } finally {
      await handle.close()
    }
  })
}
