import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eraseLeaving } from '../../src/commands/forget/eraseLeaving.js'
import { runCommand } from '../../src/commands/run/command.js'
import { resolveApi } from '../../src/config/api.js'
import { resolveSettings, withPrice } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { redactor } from '../../src/core/redact.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { run } from '../../src/run/run.js'
import { startSimulator } from '../../src/simulator/simulator.js'
import { Logger } from '../../src/terminal/logger.js'
import { plainId } from '../support/lists.js'
import { TOKEN } from '../support/simulated.js'

const CELLS = [
  ...Array.from({ length: 12 }, (_, n) => plainId(n + 1)),
  '5f00000000000000005eed10',
  '5f00000000000000c0de0202',
  '5f00000000000000fa171001',
  '95012345679',
]

/** Two runs of one list, a week ago and now: plain and odd profiles, a failure, a broken connection and a reject. */
export async function makeHistory(folder: string): Promise<string> {
  const data = join(folder, 'data')
  const list = join(folder, 'creators.csv')
  writeFileSync(list, `user_id,备注\n${CELLS.map((cell) => `${cell},护肤\n`).join('')}`)
  const pipeline = await loadPipeline(undefined)
  const simulator = await startSimulator({ pipeline })
  try {
    for (const daysAgo of [7, 0]) {
      simulator.change({ night: 7 - daysAgo })
      const flags = { api: simulator.url, data, maxAge: '0s' }
      const settings = withPrice(resolveSettings(runCommand.options, flags, []), pipeline)
      const redact = redactor(TOKEN)
      const logger = new Logger({ write: () => true }, settings.logLevel, redact)
      const now = () => Date.now() - daysAgo * 86_400_000
      const api = resolveApi(settings, pipeline.vendor)
      const effects = { ...liveEffects(() => undefined), now }
      const outside = { effects, logger, erase: eraseLeaving, signal: new AbortController().signal }
      await run({ inputs: [list], settings, api, token: TOKEN, redact, pipeline, ...outside })
    }
  } finally {
    await simulator.close()
  }
  return data
}
