import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf, UsageError } from '../core/errors.js'
import type { Ledger } from './ledger.js'
import { parseSettings, type SimulatorSettings } from './settings.js'

export interface ControlTarget {
  readonly ledger: Ledger
  readonly settings: SimulatorSettings
  change(changed: Partial<SimulatorSettings>): void
}

const BODY_LIMIT = 1_000_000

/**
 * The requests that control a simulator in another process: read the ledger, change the settings.
 * `GET /__ledger` (`?entries=no`: the summary only), `POST /__ledger/clear`, `GET` and `POST /__settings`,
 * `POST /__night` (`?night=N`, or one night on).
 */
export async function handleControl(
  simulator: ControlTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  try {
    const value = await handle(simulator, request)
    if (value === undefined) send(404, { error: `the simulator has no ${request.method} ${request.url}` })
    else send(200, value)
  } catch (error) {
    send(error instanceof UsageError ? 400 : 500, { error: messageOf(error) })
  }
}

async function handle(simulator: ControlTarget, request: IncomingMessage): Promise<unknown> {
  const { ledger } = simulator
  const url = new URL(request.url ?? '/', 'http://simulator')
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /__ledger':
      if (url.searchParams.get('entries') === 'no') return { summary: ledger.summary() }
      return { summary: ledger.summary(), entries: ledger.entries }
    case 'POST /__ledger/clear':
      ledger.clear()
      return { summary: ledger.summary() }
    case 'POST /__night': {
      const night = url.searchParams.get('night')
      simulator.change(parseSettings({ night: night === null ? simulator.settings.night + 1 : Number(night) }))
      return simulator.settings
    }
    case 'POST /__settings':
      simulator.change(parseSettings(await body(request)))
      return simulator.settings
    case 'GET /__settings':
      return simulator.settings
    case 'GET /__elsewhere':
      ledger.redirectFollowed()
      return { code: 0, data: null, message: 'a redirect was followed' }
    default:
      return undefined
  }
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new UsageError('the settings are larger than 1 MB')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new UsageError('the settings are not JSON; send an object such as {"latencyMs": 50}')
  }
}
