import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf, UsageError } from '../core/errors.js'
import { CHUNK } from './limits.js'

/**
 * The decompressed bytes of a gzip file, of all its members in order.
 * @throws UsageError if the file is cut, damaged, or followed by other bytes
 */
export async function* gunzip(packed: AsyncIterable<Buffer>, source: string): AsyncGenerator<Buffer> {
  const input = Readable.from(packed, { objectMode: false })
  const gunzip = createGunzip({ chunkSize: CHUNK })
  let received = 0
  input.on('data', (chunk: Buffer) => (received += chunk.length))
  input.once('error', (error) => gunzip.destroy(error))
  input.pipe(gunzip)
  try {
    yield* gunzip as AsyncIterable<Buffer>
    // Zeros after the last member end the decompression without an error, even if other bytes follow the zeros.
    if (gunzip.bytesWritten !== received) throw new Error('other bytes follow its end')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${source} is damaged gzip (${messageOf(error)}); copy it or compress it again`, {
      cause: error,
    })
  } finally {
    input.destroy()
    gunzip.destroy()
  }
}
