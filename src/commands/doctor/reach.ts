import { lookup } from 'node:dns/promises'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure, type TLSSocket } from 'node:tls'
import { messageOf } from '../../core/errors.js'

export interface Reached {
  /** The address of the host. */
  readonly address: string
  /** Milliseconds until the connection was open. */
  readonly ms: number
  /** The version of TLS; undefined for plain HTTP. */
  readonly protocol: string | undefined
}

/**
 * Opens one connection to the API's host and closes it: name, TCP, and TLS with the certificate checked. No data is sent.
 * @throws Error that names the step that failed
 */
export async function reach(base: URL, timeoutMs: number): Promise<Reached> {
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const { address } = await lookup(host).catch((cause: unknown) => {
    throw new Error(`the name ${host} cannot be resolved (${messageOf(cause)}): check the network and its DNS`, {
      cause,
    })
  })
  const startedAt = performance.now()
  const secure = base.protocol === 'https:'
  const port = Number(base.port || (secure ? 443 : 80))
  const socket: Socket | TLSSocket = secure
    ? connectSecure({ host, port, ...(isIP(host) ? {} : { servername: host }) })
    : connectPlain({ host, port })
  try {
    await opened(socket, secure ? 'secureConnect' : 'connect', timeoutMs)
  } catch (cause) {
    const isCertificate = /certificate|CERT|self.signed/i.test(
      `${messageOf(cause)} ${(cause as NodeJS.ErrnoException).code ?? ''}`,
    )
    const remedy = isCertificate
      ? 'check the clock of this machine, and any proxy on the way'
      : 'check the network, a firewall or a proxy'
    throw new Error(`${host}:${port} (${address}) cannot be reached (${messageOf(cause)}): ${remedy}`, { cause })
  } finally {
    socket.destroy()
  }
  return {
    address,
    ms: performance.now() - startedAt,
    protocol: 'getProtocol' in socket ? (socket.getProtocol() ?? undefined) : undefined,
  }
}

function opened(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => reject(new Error(`no answer for ${timeoutMs / 1000} s`)))
    socket.once('error', reject)
    socket.once(event, () => resolve())
  })
}
