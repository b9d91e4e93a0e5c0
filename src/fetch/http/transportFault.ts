import { messageOf } from '../../core/errors.js'
import type { NoAnswer } from '../../model/call.js'

/** A call that ended without a whole answer. Its message is not yet redacted. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault'

  /** @param part the part of the body that arrived, decoded as far as possible */
  constructor(
    readonly fault: NoAnswer['fault'],
    message: string,
    readonly part?: Buffer,
  ) {
    super(message)
  }
}

/** Codes with which Node refuses a server's certificate. Nothing was sent, and the next attempt would end the same way. */
const CERTIFICATE = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** A failure before the first byte of the request was written: the call was provably not sent. */
export function unsent(error: unknown): TransportFault {
  const untrusted = CERTIFICATE.has(codeOf(error) ?? '')
  return new TransportFault(untrusted ? 'untrusted' : 'unsent', `not sent: ${describe(error)}`)
}

/** A failure after the first byte: the upstream may have charged. */
export function broken(error: unknown, part: Buffer | undefined): TransportFault {
  if (codeOf(error) === 'UND_ERR_HEADERS_OVERFLOW')
    return new TransportFault('too_large', 'the headers of the answer are too large')
  return new TransportFault('broken', `the connection broke after sending: ${describe(error)}`, part)
}

function describe(error: unknown): string {
  // A host with several addresses fails with one error for each address, and without a message of its own.
  const causes = error instanceof AggregateError && error.message === '' ? error.errors : [error]
  const message = causes.map(messageOf).join(', ')
  const code = codeOf(error)
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
