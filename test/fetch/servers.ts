import { justOneApi } from '../../pipelines/justOneApi.js'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { liveEffects, type Effects } from '../../src/core/effects.js'
import { redactor } from '../../src/core/redact.js'
import { openApiClient, type ApiClient, type ApiClientOptions } from '../../src/fetch/http/apiClient.js'
import { interpreter } from '../../src/model/interpret.js'
import type { Pipeline } from '../../src/model/pipeline.js'

export const TOKEN = 'canary+token/4711=&%'

/** The parts of a pipeline that a call needs. */
export const pipeline: Pick<Pipeline, 'request' | 'profile' | 'vendor'> = {
  vendor: justOneApi,
  request: (id) => ({ path: '/api/some/user/v3', query: { userId: id } }),
  profile: (data, id) => {
    const value = data as Record<string, unknown> | null
    if (typeof value?.['userid'] !== 'string') return { kind: 'empty' }
    return value['userid'] === id ? { kind: 'profile', value } : { kind: 'misdelivered', id: value['userid'] }
  },
}
export const interpret = interpreter(pipeline)

export const idOf = (number: number) => `5f${String(number).padStart(22, '0')}`
export const effects: Effects = liveEffects(() => undefined)

/** A clock that runs this many times as fast, so that pauses and retries do not slow the tests down. */
export function hurried(factor: number): Effects {
  return {
    ...effects,
    elapsed: () => effects.elapsed() * factor,
    sleep: (ms, signal) => effects.sleep(ms / factor, signal),
  }
}

export interface Served {
  readonly base: URL
  /** The id of each request, in order. */
  readonly requests: string[]
  /** The largest number of requests that were open at once. */
  mostInFlight: number
}

/** A real server on a port of its own. `answer` gets the id and the number of the request, from 1. */
export async function serve(
  answer: (id: string, count: number, response: ServerResponse, request: IncomingMessage) => unknown,
): Promise<Served> {
  const served: Served = { base: new URL('http://127.0.0.1'), requests: [], mostInFlight: 0 }
  let inFlight = 0
  const server = createServer((request, response) => {
    inFlight += 1
    served.mostInFlight = Math.max(served.mostInFlight, inFlight)
    response.once('close', () => (inFlight -= 1))
    const id = new URL(request.url ?? '/', served.base).searchParams.get('userId') ?? ''
    served.requests.push(id)
    answer(id, served.requests.length, response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  served.base.port = String((server.address() as AddressInfo).port)
  return served
}

/** A server of bare connections. `onRequest` gets the data each time some arrives. */
export async function serveRaw(onRequest: (socket: Socket, data: string) => void): Promise<URL> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('data', (data) => onRequest(socket, data.toString('latin1')))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

/** An address where no server listens any more. */
export async function refusing(): Promise<URL> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return new URL(`http://127.0.0.1:${port}`)
}

export function send(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.isBuffer(value) || typeof value === 'string' ? value : JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

export const profileOf = (id: string) => ({ code: 0, message: null, data: { userid: id, nickname: '示例' } })

/** The upstream at this address, closed with the test. */
export function upstreamAt(base: URL, more: Partial<ApiClientOptions> = {}): ApiClient {
  const upstream = openApiClient({
    base,
    token: TOKEN,
    timeoutMs: 10_000,
    connections: 16,
    pipeline,
    redact: redactor(TOKEN),
    effects,
    ...more,
  })
  onTestFinished(() => upstream.close())
  return upstream
}
