import { promisify } from 'node:util'
import {
  brotliDecompress,
  brotliDecompressSync,
  constants,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import { HTTP } from '../constants.js'
import { TransportFault } from './transportFault.js'

interface Coding {
  now(bytes: Buffer, options: object): Buffer
  later(bytes: Buffer, options: object): Promise<Buffer>
}

const gzip: Coding = { now: gunzipSync, later: promisify<Buffer, object, Buffer>(gunzip) }
const zlib: Coding = { now: inflateSync, later: promisify<Buffer, object, Buffer>(inflate) }
const deflateRaw: Coding = { now: inflateRawSync, later: promisify<Buffer, object, Buffer>(inflateRaw) }
const brotli: Coding = { now: brotliDecompressSync, later: promisify<Buffer, object, Buffer>(brotliDecompress) }

const isZlib = (bytes: Buffer) => bytes.length > 1 && (bytes[0]! & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0

/** `deflate` means the format of zlib, but some servers send the bare stream under that name. */
function codingOf(name: string, bytes: Buffer): Coding | undefined {
  if (name === 'gzip' || name === 'x-gzip') return gzip
  if (name === 'br') return brotli
  if (name === 'deflate') return isZlib(bytes) ? zlib : deflateRaw
  return undefined
}

/** The codings of a `Content-Encoding` header, in the order in which they must be undone. */
function codingsOf(header: string | undefined): string[] {
  const names = (header ?? '').toLowerCase().split(',')
  return names
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
    .reverse()
}

/**
 * Undoes the content encodings of a whole body.
 * @throws TransportFault `too_large`, or `undecodable` with the part that could be decoded
 */
export async function decodeBody(bytes: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
  let body = bytes
  for (const name of codingsOf(contentEncoding)) {
    if (body.length === 0) return body
    const coding = codingOf(name, body)
    if (!coding) throw new TransportFault('undecodable', `the answer has an unknown content encoding: ${name}`)
    try {
      const options = { maxOutputLength: HTTP.mostBodyBytes }
      body = body.length <= HTTP.syncDecodeBytes ? coding.now(body, options) : await coding.later(body, options)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
        throw new TransportFault('too_large', `the answer decompresses to more than ${HTTP.mostBodyBytes} bytes`)
      }
      const part = codingsOf(contentEncoding).length === 1 ? decodePart(bytes, contentEncoding) : undefined
      throw new TransportFault(
        'undecodable',
        `the answer's ${name} cannot be decompressed: ${(error as Error).message}`,
        part,
      )
    }
  }
  return body
}

/** The readable part of a cut body; undefined if there is none. */
export function decodePart(bytes: Buffer, contentEncoding: string | undefined): Buffer | undefined {
  const [name, ...more] = codingsOf(contentEncoding)
  if (bytes.length === 0 || more.length > 0) return undefined
  if (name === undefined) return bytes
  try {
    const finish = name === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH
    const part = codingOf(name, bytes)?.now(bytes, { maxOutputLength: HTTP.mostBodyBytes, finishFlush: finish })
    return part && part.length > 0 ? part : undefined
  } catch {
    return undefined
  }
}
