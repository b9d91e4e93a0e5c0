import { pipeline } from '../../pipelines/default.js'
import { liveEffects } from '../../src/core/effects.js'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/commands/run/command.js'
import { resolveSettings, withPrice } from '../../src/config/settings.js'
import { CONSENTED, type LogEvent } from '../../src/core/logEvents.js'
import { warnOfCaps } from '../../src/run/warnOfCaps.js'

test.each<[flags: Record<string, string>, variables: Record<string, string>, said: string | undefined]>([
  [{ budgetPerDay: '0' }, {}, '--budget-per-day 0 allows no call (one costs ¥0.15): 3 due ids are parked'],
  [
    {},
    { CREATOR_ENRICH_BUDGET: '0.1' },
    'CREATOR_ENRICH_BUDGET 0.1 allows no call (one costs ¥0.15): 3 due ids are parked',
  ],
  [{ maxCalls: '0', budget: '5' }, {}, '--max-calls 0 allows no call (one costs ¥0.15): 3 due ids are parked'],
  [{ maxCalls: '1', budget: '0.15', budgetPerDay: '0.15' }, {}, undefined],
  [{}, {}, undefined],
])('%j %j', (flags, variables, said) => {
  const lines: [string, string, LogEvent | undefined][] = []
  const settings = withPrice(resolveSettings(runCommand.options, flags, [variables]), pipeline)
  const effects = liveEffects((level, message, event) => lines.push([level, message, event]))
  warnOfCaps({ settings, pipeline, effects }, 3)
  expect(lines).toEqual(said === undefined ? [] : [['warn', said, 'cap_allows_nothing']])
  expect(CONSENTED).not.toContain('cap_allows_nothing')
})
