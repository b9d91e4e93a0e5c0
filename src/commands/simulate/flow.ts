import { once } from 'node:events'
import { namedPipeline } from '../../publish/ownPipeline.js'
import { startSimulator } from '../../simulator/simulator.js'
import { stopSignal } from '../../terminal/stopSignal.js'
import type { Invocation } from '../command.js'

/** Serves the simulated API until a signal stops it; the first line of stdout is its address. */
export async function simulateFlow({ settings, logger }: Invocation): Promise<number> {
  const stop = stopSignal()
  const simulator = await startSimulator({
    pipeline: await namedPipeline(settings.pipeline),
    announces: true,
    port: settings.port,
    latencyMs: settings.latency,
    jitterMs: settings.jitter,
    ratePerSecond: settings.callLimit ?? null,
    quota: settings.quota ?? null,
    balance: settings.balance ?? null,
    night: settings.night,
    shares: settings.failures ?? {},
    keep: settings.counts ? 'counts' : 'entries',
  })
  process.stdout.write(`${simulator.url}\n`)
  logger.log(
    'info',
    'simulated API with invented people; it accepts any token; the ledger is at /__ledger; Ctrl-C stops it',
    'simulator_started',
    { url: simulator.url },
  )
  try {
    if (!stop.signal.aborted) await once(stop.signal, 'abort')
    return 0
  } finally {
    stop.release()
    await simulator.close()
  }
}
