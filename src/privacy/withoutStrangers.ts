import type { CallEnd } from '../model/call.js'
import { isObject, readJson } from '../model/json.js'
import type { Resolver } from '../model/resolver.js'

/** The part of an envelope before its data. */
const BEFORE_DATA = /^.*?"data"\s*:/s

/**
 * The end of a resolver's call without people whom nobody looked for. Of an answer that cannot be read, what comes after the
 * envelope is left out: it may name them.
 */
export function withoutStrangers<End extends CallEnd>(end: End, resolver: Pick<Resolver, 'withoutStrangers'>): End {
  if (end.kind === 'no_answer') return end.part ? { ...end, part: envelopeOf(end.part) } : end
  const read = readJson(end.body)
  if (!read.ok || !isObject(read.value)) return { ...end, body: envelopeOf(end.body) }
  const envelope = read.value
  if (envelope['data'] === undefined || envelope['data'] === null) return end
  const data = resolver.withoutStrangers(envelope['data'], end.id)
  return { ...end, body: Buffer.from(JSON.stringify({ ...envelope, data }, bigintAsText)) }
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function envelopeOf(body: Uint8Array): Uint8Array {
  const [before] = BEFORE_DATA.exec(Buffer.from(body).toString('latin1')) ?? []
  return before === undefined ? body : Buffer.from(before, 'latin1')
}
