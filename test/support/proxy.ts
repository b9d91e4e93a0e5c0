import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A made-up key with two certificates signed by itself, for api.example.test, localhost and 127.0.0.1. */
export const CERTIFICATES = {
  key: pathOf('key.pem'),
  /** 2020 to 2120. */
  valid: pathOf('valid.pem'),
  /** One day in 2020. */
  expired: pathOf('expired.pem'),
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`certificates/${name}`, import.meta.url))
}

export interface TestProxy {
  readonly port: number
  /** The target of each CONNECT, in order, and the first line of any other request. */
  readonly asked: string[]
  /** The header `Proxy-Authorization` of each CONNECT. */
  readonly users: (string | undefined)[]
  /** What went through the tunnels to the target, as Latin-1. */
  sent: string
}

/**
 * A forward proxy on a port of its own. Every tunnel leads to `port` of this machine, whatever the name of the target.
 * @param answer the status of each CONNECT; `close`: none, the connection ends; `hang`: none, it stays open
 */
export async function startProxy(
  port: number,
  answer: (user: string | undefined) => number | 'close' | 'hang' = () => 200,
): Promise<TestProxy> {
  const proxy = { port: 0, asked: [] as string[], users: [] as (string | undefined)[], sent: '' }
  const server = createServer((request, response) => {
    proxy.asked.push(`${request.method} ${request.url}`)
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket: Socket) => {
    socket.on('error', () => undefined)
    const user = request.headers['proxy-authorization']
    proxy.asked.push(request.url ?? '')
    proxy.users.push(user)
    const status = answer(user)
    if (status === 'hang') return
    if (status === 'close') return void socket.destroy()
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    socket.on('data', (bytes: Buffer) => (proxy.sent += bytes.toString('latin1')))
    socket.pipe(upstream).pipe(socket)
    socket.on('close', () => upstream.destroy())
  })
  proxy.port = await listening(server)
  return proxy
}

/** A port where TLS ends in front of another port of this machine. */
export async function startTls(port: number, certificate: 'valid' | 'expired' = 'valid'): Promise<number> {
  const pems = { key: readFileSync(CERTIFICATES.key), cert: readFileSync(CERTIFICATES[certificate]) }
  const server = createTlsServer(pems, (socket) => {
    const upstream = connect(port, '127.0.0.1')
    for (const each of [socket, upstream]) each.on('error', () => undefined)
    socket.pipe(upstream).pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  return listening(server)
}

/** Starts a server, which ends with its connections at the end of the test. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
