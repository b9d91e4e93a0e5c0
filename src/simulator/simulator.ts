import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { LocalError, messageOf } from '../core/errors.js'
import type { SimulatedAnswers, Pipeline } from '../model/pipeline.js'
import { Account, codeVerdict, faultVerdict } from './account.js'
import { answer, type Script } from './answer.js'
import { handleControl } from './control.js'
import { Exchange } from './exchange.js'
import { Ledger } from './ledger.js'
import { routeOf, type RequestedCall } from './route.js'
import { defaultSettings, parseSettings, type SimulatorSettings } from './settings.js'

export interface ArrivedCall {
  /** Counts arrivals from 1. */
  readonly arrival: number
  readonly id: string
  readonly token: string
  readonly request: IncomingMessage
}

export interface SimulatorOptions extends Partial<SimulatorSettings> {
  readonly pipeline: Pipeline
  /** Default: the pipeline's own. */
  readonly invention?: SimulatedAnswers
  /** Default 0: any free one. */
  readonly port?: number
  /** `counts` keeps no entries, so that a million calls take no memory. Default `entries`. */
  readonly keep?: 'entries' | 'counts'
  /**
   * Called for each call before anything else. What it returns is answered; undefined leaves the call to the simulator.
   * The call waits for it: time enough to change settings, kill something, or never go on.
   */
  readonly before?: (call: ArrivedCall) => Script | undefined | Promise<Script | undefined>
  /** Wall clock, milliseconds since 1970: for the day of the quota and the times of answers. */
  readonly now?: () => number
}

export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly ledger: Ledger
  readonly settings: SimulatorSettings
  /** Takes effect with the next call. @throws UsageError for a value that does not fit */
  change(changed: Partial<SimulatorSettings>): void
  /** Drops every connection, answered or not. */
  close(): Promise<void>
}

/**
 * The upstream API on loopback: a real HTTP server with its envelope, codes, limits and bookkeeping, and with every fault
 * that an id asks for by a marker (docs/simulator.md). Nothing but this machine can reach it.
 * @throws LocalError if the port cannot be had, UsageError for a setting that does not fit
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { pipeline, invention, port = 0, keep = 'entries', before, now = Date.now, ...given } = options
  let settings: SimulatorSettings = { ...defaultSettings, ...parseSettings(given) }
  const people = invention ?? (await pipeline.simulatedAnswers())
  const route = routeOf(pipeline)
  const account = new Account(pipeline, settings, now)
  const ledger = new Ledger(keep)
  const sockets = new Set<Socket>()
  let arrivals = 0

  const take = (request: IncomingMessage, response: ServerResponse, asked: RequestedCall, script?: Script) => {
    const verdict = !script
      ? account.judge(asked)
      : 'fault' in script
        ? faultVerdict(script.fault)
        : codeVerdict(script.code)
    if (script && verdict.charged) account.charge(asked.token)
    const at = now()
    const entry = ledger.open({ id: asked.id, ...verdict, at })
    const { night } = settings
    const invent = (id: string) => people.data(id, night)
    const exchange = new Exchange(request, response, asked.id, asked.token, entry.seq, at, settings, invent)
    answer(exchange, verdict, script, entry, ledger)
  }

  const server = createServer((request, response) => {
    const url = request.url ?? ''
    if (url.startsWith('/__')) {
      void handleControl(simulator, request, response)
      return
    }
    const asked = route(url)
    arrivals += 1
    if (!before) {
      take(request, response, asked)
      return
    }
    const call = { arrival: arrivals, id: asked.id, token: asked.token, request }
    // A hook that throws is a broken test: its caller sees the connection break, and the process the rejection.
    void Promise.resolve(before(call)).then((script) => take(request, response, asked, script))
  })
  // A client that waits for minutes must not be cut off by the server's own patience, nor race with its closing.
  server.requestTimeout = 0
  server.headersTimeout = 0
  server.keepAliveTimeout = 600_000
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new LocalError(`cannot listen on 127.0.0.1:${port} (${messageOf(error)}); choose another port`, {
          cause: error,
        }),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  const taken = (server.address() as AddressInfo).port

  const simulator: Simulator = {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    ledger,
    get settings() {
      return settings
    },
    change(changed) {
      settings = { ...settings, ...parseSettings(changed) }
      account.change(settings, changed)
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return simulator
}
