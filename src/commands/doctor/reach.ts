import { lookup } from 'node:dns/promises'
import { request as requestHead, type IncomingMessage } from 'node:http'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure, TLSSocket, type PeerCertificate } from 'node:tls'
import type { ProxyServer } from '../../config/proxy.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { version } from '../../core/version.js'
import { certificateRemedy, faultText, isRefusedCertificate } from '../../fetch/http/transportFault.js'
import { openTunnel, ProxyRefusal } from '../../fetch/http/tunnel.js'
import { upstreamTime } from '../../model/clock.js'

export interface Reached {
  /** The address of the host; undefined where a proxy looks it up. */
  readonly address: string | undefined
  /** Milliseconds until the connection was open. */
  readonly ms: number
  /** The version of TLS; undefined for plain HTTP. */
  readonly protocol: string | undefined
  /** Undefined for plain HTTP. */
  readonly certificate: PeerCertificate | undefined
  /** Undefined if the host did not send one. */
  readonly date: HostDate | undefined
}

/** The time of the host, and when it was asked for by the clock of this machine; milliseconds since 1970. */
export interface HostDate {
  readonly hostAt: number
  readonly sentAt: number
  readonly receivedAt: number
}

/** Why the host was not reached. */
export interface Unreached {
  readonly error: Error
  /** Whether the tunnel of the proxy failed, before the host came into it. */
  readonly atProxy: boolean
  /** What the host showed, where it was refused; nothing was sent to it. */
  readonly refused: PeerCertificate | undefined
}

interface Target {
  readonly host: string
  readonly port: number
  readonly secure: boolean
}

/** A host that does not answer a request without a call is none of our business. */
const DATE_TIMEOUT_MS = 3_000

/**
 * Opens one connection to the API's host: name, TCP, and TLS with the certificate checked. Then sends `HEAD` for its root, for
 * the sake of `Date`: no endpoint, no token, nothing that could be billed.
 * @param now the clock of this machine
 */
export async function reach(
  base: URL,
  proxy: ProxyServer | undefined,
  timeoutMs: number,
  now: () => number,
): Promise<Reached | Unreached> {
  const secure = base.protocol === 'https:'
  const target = { host: base.hostname.replace(/^\[|\]$/g, ''), port: Number(base.port || (secure ? 443 : 80)), secure }
  const opening = { atProxy: proxy !== undefined, sockets: [] as Socket[] }
  let address: string | undefined
  try {
    address = proxy === undefined ? await addressOf(target.host) : undefined
    const startedAt = performance.now()
    const socket = await openTo(target, proxy, timeoutMs, true, opening)
    const ms = performance.now() - startedAt
    const tls = socket instanceof TLSSocket ? socket : undefined
    const certificate = tls?.getPeerCertificate()
    const protocol = tls?.getProtocol() ?? undefined
    const date = await dateOf(base, socket, now).catch(() => undefined)
    return { address, ms, protocol, certificate, date }
  } catch (cause) {
    const refused =
      isRefusedCertificate(cause) && !opening.atProxy ? await certificateOf(target, proxy, timeoutMs) : undefined
    return { error: asError(cause, target, proxy, address), atProxy: opening.atProxy, refused }
  } finally {
    destroyAll(opening.sockets)
  }
}

async function openTo(
  { host, port, secure }: Target,
  proxy: ProxyServer | undefined,
  timeoutMs: number,
  rejectUnauthorized: boolean,
  opening: { atProxy: boolean; sockets: Socket[] },
): Promise<Socket> {
  const tunnel = proxy && (await openTunnel(proxy, { host, port }, timeoutMs))
  opening.atProxy = false
  if (tunnel) opening.sockets.push(tunnel)
  if (!secure && tunnel) return tunnel
  const name = isIP(host) ? {} : { servername: host }
  const socket = secure
    ? connectSecure({ host, port, ...name, rejectUnauthorized, ...(tunnel ? { socket: tunnel } : {}) })
    : connectPlain({ host, port })
  opening.sockets.push(socket)
  await opened(socket, secure ? 'secureConnect' : 'connect', timeoutMs)
  return socket
}

/** The last one first: Node crashes if a refused TLS socket outlives the one that it runs over. */
function destroyAll(sockets: Socket[]): void {
  for (let socket = sockets.pop(); socket; socket = sockets.pop()) socket.destroy()
}

/** Connects again without a check, and only looks at the certificate. */
async function certificateOf(
  target: Target,
  proxy: ProxyServer | undefined,
  timeoutMs: number,
): Promise<PeerCertificate | undefined> {
  const opening = { atProxy: false, sockets: [] as Socket[] }
  try {
    const socket = await openTo(target, proxy, timeoutMs, false, opening)
    return socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined
  } catch {
    return undefined
  } finally {
    destroyAll(opening.sockets)
  }
}

async function dateOf(base: URL, socket: Socket, now: () => number): Promise<HostDate | undefined> {
  const sentAt = now()
  const headers = await new Promise<IncomingMessage['headers']>((resolve, reject) => {
    const request = requestHead({
      method: 'HEAD',
      path: '/',
      createConnection: () => socket,
      headers: { host: base.host, connection: 'close', 'user-agent': `creator-enrich/${version}` },
    })
    const timer = setTimeout(() => request.destroy(new Error('no answer')), DATE_TIMEOUT_MS)
    request.once('close', () => clearTimeout(timer))
    request.on('error', reject)
    request.once('response', (response) => {
      resolve(response.headers)
      response.destroy()
    })
    request.end()
  })
  const hostAt = upstreamTime(headers.date, headers.age)
  return hostAt === undefined ? undefined : { hostAt, sentAt, receivedAt: now() }
}

function asError(
  cause: unknown,
  { host, port }: Target,
  proxy: ProxyServer | undefined,
  address: string | undefined,
): Error {
  if (cause instanceof UnknownName) return cause
  if (cause instanceof ProxyRefusal && cause.isDenied) return new UsageError(cause.message, { cause })
  const at = proxy === undefined ? `(${address})` : `through ${proxy.variable}`
  return new Error(`${host}:${port} ${at} cannot be reached (${faultText(cause)}): ${remedyOf(cause, proxy)}`, {
    cause,
  })
}

class UnknownName extends Error {}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address
  } catch (cause) {
    throw new UnknownName(`the name ${host} cannot be resolved (${messageOf(cause)}): check the network and its DNS`, {
      cause,
    })
  }
}

function remedyOf(cause: unknown, proxy: ProxyServer | undefined): string {
  if (isRefusedCertificate(cause)) return certificateRemedy(cause)
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
