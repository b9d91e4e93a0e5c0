import { messageOf } from '../../core/errors.js'
import type { NoAnswer } from '../../model/call.js'
import { isOfAnotherHost } from '../../model/runAgain.js'
import { ProxyRefusal } from './tunnel.js'

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
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** A failure before the first byte of the request was written: the call was provably not sent. */
export function unsent(error: unknown): TransportFault {
  const message = `not sent: ${faultText(error)}`
  if (error instanceof ProxyRefusal) return new TransportFault(error.isDenied ? 'proxy' : 'unsent', message)
  return isRefusedCertificate(error)
    ? new TransportFault('untrusted', `${message}; ${certificateRemedy(error)}`)
    : new TransportFault('unsent', message)
}

/** What people do about a certificate that was refused with this error: no CA helps against one for another host. */
export function certificateRemedy(error: unknown): string {
  return isOfAnotherHost(codeOf(error) ?? '')
    ? 'the certificate is for another host: check the address'
    : "set NODE_EXTRA_CA_CERTS to the file of your company's CA, or check the clock of this machine"
}

/** Whether the server's certificate, or that of the proxy, was the reason. */
export function isRefusedCertificate(error: unknown): boolean {
  return CERTIFICATE.has(codeOf(error) ?? '')
}

/** A failure after the first byte: the upstream may have charged. */
export function broken(error: unknown, part: Buffer | undefined): TransportFault {
  if (codeOf(error) === 'UND_ERR_HEADERS_OVERFLOW')
    return new TransportFault('too_large', 'the headers of the answer are too large')
  return new TransportFault('broken', `the connection broke after sending: ${faultText(error)}`, part)
}

/** Message and code of a failure of the network. */
export function faultText(error: unknown): string {
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
