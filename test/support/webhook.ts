import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type HookStatus = number | 'break' | 'hang'

/** A server that keeps each body posted to it and answers with these statuses in turn; the last one stays. */
export async function hook(...statuses: HookStatus[]): Promise<{ url: string; bodies: unknown[] }> {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      const status = statuses[Math.min(bodies.length, statuses.length) - 1] ?? 200
      if (status === 'break') response.socket?.resetAndDestroy()
      else if (status !== 'hang')
        response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/secret-path`, bodies }
}
