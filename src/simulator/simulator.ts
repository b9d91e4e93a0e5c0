import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { LocalError, messageOf } from '../core/errors.js'
import { DefinitionFault } from '../model/definitionFaults.js'
import type { SimulatedAnswers, Pipeline } from '../model/pipeline.js'
import { Account, codeVerdict, faultVerdict } from './account.js'
import { answer, type Script } from './answer.js'
import { handleControl } from './control.js'
import { endpointsOf, requestedCall, type RequestedCall } from './endpoints.js'
import { clockHeaders, Exchange } from './exchange.js'
import { Ledger } from './ledger.js'
import { receivedRequest } from './route.js'
import { defaultSettings, parseSettings, type SimulatorSettings } from './settings.js'

export interface ArrivedCall {
  /** The number of the arrival, from 1. */
  readonly arrival: number
  /** Null for a profile, else the name of the resolver. */
  readonly endpoint: string | null
  /** The id, or the input of the resolver. */
  readonly id: string
  readonly token: string
  readonly request: IncomingMessage
}

export interface SimulatorOptions extends Partial<SimulatorSettings> {
  readonly pipeline: Pipeline
  /** The source of the answers; default: the pipeline's own. */
  readonly invention?: SimulatedAnswers
  /** Default 0: any free port. */
  readonly port?: number
  /** `counts` keeps no entries, so memory does not grow with the number of calls. Default `entries`. */
  readonly keep?: 'entries' | 'counts'
  /**
   * Runs for each call before anything else. Its result is the answer; undefined leaves the call to the simulator.
   * The call waits for it, so the hook can change settings, kill a process, or never return.
   */
  readonly before?: (call: ArrivedCall) => Script | undefined | Promise<Script | undefined>
  /** Answers `HEAD` with the header by which `run` knows that the data are invented. */
  readonly announces?: boolean
  /** Wall clock in milliseconds since 1970, for the day of the quota and the times of answers. */
  readonly now?: () => number
}

export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string
  readonly port: number
  readonly ledger: Ledger
  readonly settings: SimulatorSettings
  /** Takes effect with the next call. @throws UsageError for an invalid value */
  change(changed: Partial<SimulatorSettings>): void
  /** Stops listening and drops every connection, also those without an answer yet. */
  close(): Promise<void>
}

/** The header of a simulator that says so. */
export const SIMULATOR_HEADER = 'creator-enrich-simulator'

/** A request for the headers alone is not a call: nothing is charged or recorded. */
function answerHead(
  response: ServerResponse,
  now: number,
  settings: SimulatorSettings,
  announced: Readonly<Record<string, string>>,
): void {
  response.sendDate = false
  response.writeHead(404, { ...clockHeaders(now, settings), ...announced }).end()
}

/**
 * Starts the simulated upstream on loopback: a real HTTP server with the upstream's envelope, codes, limits and ledger, and
 * with every fault that the marker of an id requests (docs/simulator.md).
 * @throws LocalError if the port is not free, UsageError for an invalid setting
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const {
    pipeline,
    invention,
    port = 0,
    keep = 'entries',
    before,
    announces = false,
    now = Date.now,
    ...given
  } = options
  let settings: SimulatorSettings = { ...defaultSettings, ...parseSettings(given) }
  const answers = invention ?? (await pipeline.simulatedAnswers())
  const endpoints = await endpointsOf(pipeline, answers)
  const account = new Account(pipeline, settings, now)
  const ledger = new Ledger(keep)
  const sockets = new Set<Socket>()
  let arrivals = 0

  const handleCall = (request: IncomingMessage, response: ServerResponse, call: RequestedCall, script?: Script) => {
    try {
      answerCall(request, response, call, script)
    } catch (error) {
      if (!(error instanceof DefinitionFault)) throw error
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(error.message)
    }
  }

  const answerCall = (request: IncomingMessage, response: ServerResponse, call: RequestedCall, script?: Script) => {
    const verdict = !script
      ? account.judge(call)
      : 'fault' in script
        ? faultVerdict(script.fault)
        : codeVerdict(script.code)
    if (script && verdict.charged) account.charge(call)
    const at = now()
    const { id, token, endpoint } = call
    const entry = ledger.open({ endpoint: endpoint.name, id, price: endpoint.price, ...verdict, at })
    const { night } = settings
    const invent = (other: string) => endpoint.data(other, night)
    const exchange = new Exchange(request, response, id, token, entry.seq, at, settings, endpoint.codes, invent)
    answer(exchange, verdict, script, entry, ledger)
  }

  const arrive = (request: IncomingMessage, response: ServerResponse, call: RequestedCall): void => {
    arrivals += 1
    if (!before) {
      handleCall(request, response, call)
      return
    }
    const { id, token, endpoint } = call
    const arrived = { arrival: arrivals, endpoint: endpoint.name, id, token, request }
    // A hook that throws is an error of the test: the rejection stays unhandled, so the test run fails.
    void Promise.resolve(before(arrived)).then((script) => handleCall(request, response, call, script))
  }

  const server = createServer((request, response) => {
    const url = request.url ?? ''
    if (url.startsWith('/__')) {
      void handleControl(simulator, request, response)
      return
    }
    if (request.method === 'HEAD') {
      answerHead(response, now(), settings, announces ? { [SIMULATOR_HEADER]: 'yes' } : {})
      return
    }
    const receive = (form: string) => arrive(request, response, requestedCall(endpoints, receivedRequest(url, form)))
    if (request.method === 'POST') void text(request).then(receive)
    else receive('')
  })
  // The server's own timeouts must not end a call that waits for minutes, nor close a connection that the client reuses.
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
  const boundPort = (server.address() as AddressInfo).port

  const simulator: Simulator = {
    url: `http://127.0.0.1:${boundPort}`,
    port: boundPort,
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
