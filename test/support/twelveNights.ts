import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS } from '../../src/core/time.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { startSimulator } from '../../src/simulator/simulator.js'
import { plainId, writeList } from './lists.js'
import { enrichAllAt, type Enriched } from './simulated.js'

/** The number of creators, some of whom are edge cases of the simulator. */
const CREATORS = 400

/** Two lists with 100 creators in common. */
const LISTS = { spring: [0, 250], autumn: [150, CREATORS] } as const

/** Nights with a cap, as the most calls of that night. */
const CAPS: Readonly<Record<number, number>> = { 4: 150, 8: 150, 9: 60 }

/** The night on which no run was started. */
const MISSED = 6

/** Creators by the simulator's edge case: text in place of numbers, absurd numbers, no counters, a negative number. */
const EDGE_CASES: Readonly<Record<number, string>> = { 10: '05', 160: '13', 200: '29', 380: '31' }

/** The id of a creator, from 0. */
export function nightlyId(n: number): string {
  const edge = EDGE_CASES[n]
  return edge === undefined ? plainId(n + 1) : `5f${n.toString(16).padStart(16, '0')}5eed${edge}`
}

/** 23:30 in Shanghai on 1 to 12 March 2026. */
export function nightAt(night: number): number {
  return Date.UTC(2026, 2, night, 15, 30)
}

/**
 * Plays twelve nights of 400 creators in two lists, `spring` and `autumn`: three nights are capped, one has no run, and
 * after midnight of the last one a run of `autumn` tops up five creators. The same calls lead to the same rows each time.
 * @param folder is made, with the lists, and the data folder `data` in it
 * @returns the runs in order, the last one being the topping up
 */
export async function twelveNights(folder: string): Promise<Enriched[]> {
  mkdirSync(folder, { recursive: true })
  const data = join(folder, 'data')
  const [spring, autumn] = Object.entries(LISTS).map(([name, [from, to]]) => {
    const ids = Array.from({ length: to - from }, (_, at) => nightlyId(from + at))
    return writeList(folder, ids, `${name}.csv`)
  }) as [string, string]
  const api = await startSimulator({ pipeline: await loadPipeline(undefined), keep: 'counts' })
  const runs: Enriched[] = []
  const runAt = async (start: number, inputs: readonly string[], ...args: string[]): Promise<void> => {
    const begun = performance.now()
    const now = () => Math.floor(start + performance.now() - begun)
    runs.push(await enrichAllAt(now, inputs, data, api, '--max-failed', '100%', '--price', '0.15', ...args))
  }
  try {
    for (let night = 1; night <= 12; night += 1) {
      if (night === MISSED) continue
      api.change({ night })
      const cap = CAPS[night]
      await runAt(nightAt(night), [spring, autumn], ...(cap === undefined ? [] : ['--max-calls', String(cap)]))
    }
    await runAt(nightAt(12) + DAY_MS / 24, [autumn], '--max-age', '0s', '--max-calls', '5')
  } finally {
    await api.close()
  }
  return runs
}
