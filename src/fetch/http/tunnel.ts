import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIPv6, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { ProxyServer } from '../../config/proxy.js'

/** The proxy answered, but opened no tunnel: nothing was sent to the target. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal'

  constructor(
    proxy: ProxyServer,
    target: string,
    readonly status: number,
  ) {
    super(
      status === 407
        ? `the proxy ${proxy.shown} does not accept this user (HTTP 407): put user and password into ${proxy.variable}, as http://user:password@host:port`
        : `the proxy ${proxy.shown} refused to connect to ${target} (HTTP ${status})`,
    )
  }

  /** The proxy wants a user and a password, or other ones: another attempt would end the same way. */
  get isDenied(): boolean {
    return this.status === 407
  }
}

/**
 * A socket to the target through the proxy, by CONNECT. The proxy sees the name of the target, and nothing of TLS inside.
 * @throws ProxyRefusal, or an error of the network or of the proxy's own certificate
 */
export function openTunnel(
  proxy: ProxyServer,
  target: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<Socket> {
  const { host, port, secure, authorization, shown } = proxy
  const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`
  return new Promise((resolve, reject) => {
    const request = (secure ? requestSecure : requestPlain)({
      ...{ host, port, method: 'CONNECT', path: authority, agent: false, rejectUnauthorized: true },
      headers: {
        host: authority,
        'proxy-connection': 'keep-alive',
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
      },
    })
    const timer = setTimeout(() => request.destroy(new Error(`no tunnel within ${timeoutMs / 1000} s`)), timeoutMs)
    request.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      // A host with several addresses fails without a message of its own.
      const reason = cause.message || cause.code
      const error = new Error(`the proxy ${shown} cannot be used: ${reason}`, { cause })
      reject(Object.assign(error, { code: cause.code }))
    })
    request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      clearTimeout(timer)
      // An error before the next owner listens must not end the process.
      socket.on('error', () => undefined)
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy()
        reject(new ProxyRefusal(proxy, authority, statusCode))
        return
      }
      if (head.length > 0) socket.unshift(head)
      resolve(socket.setNoDelay(true).setKeepAlive(true, 60_000))
    })
    request.end()
  })
}

/**
 * How undici opens a connection: directly, or through the proxy. The certificate of an https target is verified in both cases.
 * undici's own ProxyAgent is not used: it repeats without end a CONNECT whose connection the proxy closes, and puts the status
 * of a refusal only into a text.
 */
export function connectorThrough(
  proxy: ProxyServer | undefined,
  timeoutMs: number,
): buildConnector.BuildOptions | buildConnector.connector {
  const options = { timeout: timeoutMs, rejectUnauthorized: true }
  if (proxy === undefined) return options
  const secured = buildConnector(options)
  return (connection, callback) => {
    const { hostname, port, protocol } = connection
    const secure = protocol === 'https:'
    openTunnel(proxy, { host: hostname, port: Number(port || (secure ? 443 : 80)) }, timeoutMs).then(
      (socket) => (secure ? secured({ ...connection, httpSocket: socket }, callback) : callback(null, socket)),
      (error: unknown) => callback(error as Error, null),
    )
  }
}
