import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrichAt, refused, simulator } from '../support/simulated.js'

const START = Date.UTC(2026, 10, 22, 18)

/** Samples of the Prometheus text format by name and labels. A comment must announce each name first. */
function samplesOf(text: string): Record<string, number> {
  const announced = new Set<string>()
  const samples: Record<string, number> = {}
  for (const line of text.trimEnd().split('\n')) {
    const comment = /^# (?:HELP|TYPE) (\S+) /.exec(line)
    if (comment) announced.add(comment[1]!)
    const sample = /^(([a-z_]+)(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) (-?[0-9.e+]+)$/.exec(line)
    expect([line, comment !== null || (sample !== null && announced.has(sample[2]!))]).toEqual([line, true])
    if (sample) samples[sample[1]!] = Number(sample[3])
  }
  return samples
}

test('each run writes its result for Prometheus; a failed run keeps the time of the last success', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1), plainId(2), 'no id'])
  const api = await simulator()
  const read = () => samplesOf(readFileSync(join(data, 'metrics', 'creator-enrich.prom'), 'utf8'))
  await enrichAt(() => START, list, data, api)
  expect(read()).toMatchObject({
    creator_enrich_last_run_timestamp_seconds: START / 1000,
    creator_enrich_last_run_exit_code: 0,
    creator_enrich_last_success_timestamp_seconds: START / 1000,
    'creator_enrich_rows{status="enriched"}': 2,
    'creator_enrich_rows{status="rejected"}': 1,
    'creator_enrich_ids{status="enriched"}': 2,
    'creator_enrich_calls{code="0"}': 2,
    'creator_enrich_money{kind="billed",currency="CNY"}': 0.3,
    creator_enrich_ambiguous_calls: 0,
  })

  const obstacle = join(data, 'exports', 'creators.csv')
  rmSync(obstacle)
  mkdirSync(obstacle)
  const later = START + 86_400_000
  expect(await refused(enrichAt(() => later, list, data, api, '--max-age', '0s'))).toMatchObject({ code: 7 })
  expect(read()).toEqual({
    creator_enrich_last_run_timestamp_seconds: later / 1000,
    creator_enrich_last_run_exit_code: 7,
    creator_enrich_last_success_timestamp_seconds: START / 1000,
  })
})
