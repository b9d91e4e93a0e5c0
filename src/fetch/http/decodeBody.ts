import { isUtf8 } from 'node:buffer'
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
    if (!coding) {
      const part = decodePart(bytes, contentEncoding)
      throw new TransportFault('undecodable', `the answer has an unknown content encoding: ${name}`, part)
    }
    try {
      const options = { maxOutputLength: HTTP.mostBodyBytes }
      body = body.length <= HTTP.syncDecodeBytes ? coding.now(body, options) : await coding.later(body, options)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
        throw new TransportFault('too_large', `the answer decompresses to more than ${HTTP.mostBodyBytes} bytes`)
      }
      const part = decodePart(bytes, contentEncoding)
      throw new TransportFault(
        'undecodable',
        `the answer's ${name} cannot be decompressed: ${(error as Error).message}`,
        part,
      )
    }
  }
  return body
}

/**
 * The readable part of a cut or damaged body, or the body itself if it is text that only claims to be encoded; undefined if there
 * is none. What cannot be read is not kept, because an echo of the token could not be found in it.
 */
export function decodePart(bytes: Buffer, contentEncoding: string | undefined): Buffer | undefined {
  const [name, ...more] = codingsOf(contentEncoding)
  if (bytes.length === 0) return undefined
  if (name === undefined) return bytes
  const part = more.length > 0 ? undefined : (partOf(name, bytes) ?? withoutFrame(name, bytes))
  return part ?? (isUtf8(bytes) ? bytes : undefined)
}

function partOf(name: string, bytes: Buffer): Buffer | undefined {
  const finishFlush = name === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH
  return decodedBy(codingOf(name, bytes), bytes, finishFlush)
}

/** What a checksum or other bytes at the end keep from being decoded. The frames that servers write have no optional fields. */
function withoutFrame(name: string, bytes: Buffer): Buffer | undefined {
  const coding = codingOf(name, bytes)
  const head = coding === gzip && isPlainGzip(bytes) ? 10 : coding === zlib ? 2 : undefined
  return head === undefined ? undefined : decodedBy(deflateRaw, bytes.subarray(head), constants.Z_SYNC_FLUSH)
}

function isPlainGzip(bytes: Buffer): boolean {
  return bytes.length > 10 && bytes.readUIntBE(0, 4) === 0x1f8b0800
}

function decodedBy(coding: Coding | undefined, bytes: Buffer, finishFlush: number): Buffer | undefined {
  try {
    const part = coding?.now(bytes, { maxOutputLength: HTTP.mostBodyBytes, finishFlush })
    return part && part.length > 0 ? part : undefined
  } catch {
    return undefined
  }
}
