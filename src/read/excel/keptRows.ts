import { LARGEST_PIPE } from '../limits.js'
import { spool } from '../spool.js'
import type { RawRow } from '../table.js'
import { tooLarge } from './zip.js'

/** Rows in a temporary file. */
export interface KeptRows {
  /** All rows, padded to the widest one. They can be read again. */
  rows(): AsyncGenerator<RawRow[]>
  close(): Promise<void>
}

const LF = 0x0a

/** Writes rows to a temporary file, as lines of JSON. */
export async function keepRows(batches: AsyncIterable<RawRow[]>, source: string): Promise<KeptRows> {
  let width = 0
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const batch of batches) {
      let text = ''
      for (const { line, cells, links } of batch) {
        width = Math.max(width, cells.length)
        text += `${JSON.stringify({ line, cells, links })}\n`
      }
      yield Buffer.from(text)
    }
  }
  const limit = tooLarge(source, `has a sheet of more than ${LARGEST_PIPE / 1024 ** 3} GiB of text`).message
  const spooled = await spool(lines(), source, limit)
  return { rows: () => rowsIn(spooled.bytes(), () => width), close: () => spooled.close() }
}

async function* rowsIn(bytes: AsyncIterable<Buffer>, width: () => number): AsyncGenerator<RawRow[]> {
  let parts: Buffer[] = []
  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(LF) + 1
    parts.push(end > 0 ? chunk.subarray(0, end) : chunk)
    if (end === 0) continue
    const lines = Buffer.concat(parts).toString().trimEnd().split('\n')
    parts = [chunk.subarray(end)]
    yield lines.map((text) => {
      const row = JSON.parse(text) as { line: number; cells: string[]; links?: Record<number, string> }
      while (row.cells.length < width()) row.cells.push('')
      return row
    })
  }
}
