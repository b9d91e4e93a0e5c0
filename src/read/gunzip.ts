import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf, UsageError } from '../core/errors.js'
import { CHUNK } from './limits.js'

/**
 * The bytes of a gzip file, of all its members one behind the other.
 * @throws UsageError where it is cut, damaged, or followed by something else
 */
export async function* gunzip(packed: AsyncIterable<Buffer>, source: string): AsyncGenerator<Buffer> {
  const input = Readable.from(packed, { objectMode: false })
  const gunzip = createGunzip({ chunkSize: CHUNK })
  let given = 0
  input.on('data', (chunk: Buffer) => (given += chunk.length))
  input.once('error', (error) => gunzip.destroy(error))
  input.pipe(gunzip)
  try {
    yield* gunzip as AsyncIterable<Buffer>
    // Zeros end the unpacking without an error, whatever comes behind them.
    if (gunzip.bytesWritten !== given) throw new Error('something follows its end')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${source} is damaged gzip (${messageOf(error)}); copy or pack it again`, { cause: error })
  } finally {
    input.destroy()
    gunzip.destroy()
  }
}
