import { lookup } from 'node:dns/promises'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure, type TLSSocket } from 'node:tls'
import type { ProxyServer } from '../../config/proxy.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { CA_REMEDY, faultText, isRefusedCertificate } from '../../fetch/http/transportFault.js'
import { openTunnel, ProxyRefusal } from '../../fetch/http/tunnel.js'

export interface Reached {
  /** The address of the host; undefined where a proxy looks it up. */
  readonly address: string | undefined
  /** Milliseconds until the connection was open. */
  readonly ms: number
  /** The version of TLS; undefined for plain HTTP. */
  readonly protocol: string | undefined
}

/**
 * Opens one connection to the API's host and closes it: name, TCP, and TLS with the certificate checked. No data is sent,
 * except CONNECT to a proxy.
 * @throws Error that names the step that failed; UsageError when the proxy does not accept the user
 */
export async function reach(base: URL, proxy: ProxyServer | undefined, timeoutMs: number): Promise<Reached> {
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const secure = base.protocol === 'https:'
  const port = Number(base.port || (secure ? 443 : 80))
  const address = proxy === undefined ? await addressOf(host) : undefined
  const startedAt = performance.now()
  let socket: Socket | TLSSocket | undefined
  try {
    const tunnel = proxy && (socket = await openTunnel(proxy, { host, port }, timeoutMs))
    if (secure) {
      const name = isIP(host) ? {} : { servername: host }
      const options = { host, port, ...name, rejectUnauthorized: true }
      socket = connectSecure(tunnel ? { ...options, socket: tunnel } : options)
      await opened(socket, 'secureConnect', timeoutMs)
    } else if (!tunnel) {
      socket = connectPlain({ host, port })
      await opened(socket, 'connect', timeoutMs)
    }
  } catch (cause) {
    if (cause instanceof ProxyRefusal && cause.isDenied) throw new UsageError(cause.message, { cause })
    const at = proxy === undefined ? `(${address})` : `through ${proxy.variable}`
    throw new Error(`${host}:${port} ${at} cannot be reached (${faultText(cause)}): ${remedyOf(cause, proxy)}`, {
      cause,
    })
  } finally {
    socket?.destroy()
  }
  return {
    address,
    ms: performance.now() - startedAt,
    protocol: socket && 'getProtocol' in socket ? (socket.getProtocol() ?? undefined) : undefined,
  }
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address
  } catch (cause) {
    throw new Error(`the name ${host} cannot be resolved (${messageOf(cause)}): check the network and its DNS`, {
      cause,
    })
  }
}

function remedyOf(cause: unknown, proxy: ProxyServer | undefined): string {
  if (isRefusedCertificate(cause)) return CA_REMEDY
  return proxy === undefined
    ? 'check the network, a firewall, or whether HTTPS_PROXY must be set'
    : `check this proxy, or name the host in NO_PROXY to connect without it`
}

function opened(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => reject(new Error(`no answer for ${timeoutMs / 1000} s`)))
    socket.once('error', reject)
    socket.once(event, () => resolve())
  })
}
