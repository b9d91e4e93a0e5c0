import { request } from 'node:http'
import type { Api } from '../../config/api.js'
import { isLoopback } from '../../config/loopback.js'

const TIMEOUT_MS = 1000

/**
 * Asks a server on this machine whether it is the simulator, with a `HEAD` request without the token. Only a server on this
 * machine, reached without a proxy, is believed: money is spent at any other.
 * @returns the API, marked as simulated if the server says so
 */
export async function withAnnouncement(api: Api): Promise<Api> {
  const { base, proxy, simulated } = api
  if (simulated || base?.protocol !== 'http:' || proxy !== undefined || !isLoopback(base.hostname)) return api
  const { SIMULATOR_HEADER } = await import('../../simulator/simulator.js')
  return (await sends(SIMULATOR_HEADER, base)) ? { ...api, simulated: true } : api
}

/** False if nobody answers: the run itself will say so. */
function sends(header: string, base: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const head = request(base, { method: 'HEAD', agent: false, timeout: TIMEOUT_MS }, (response) => {
      resolve(response.headers[header] !== undefined)
      response.destroy()
    })
    head.once('timeout', () => head.destroy(new Error('no answer')))
    head.once('error', () => resolve(false))
    head.end()
  })
}
