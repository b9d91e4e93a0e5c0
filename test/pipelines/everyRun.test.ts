import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.js'
import { loadPipeline, type Pipeline } from '../../src/model/pipeline.js'
import type { Receipt } from '../../src/model/receipt.js'
import { pipelineFor } from '../../src/publish/folderPipeline.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { placeEmptyWarehouse } from '../support/emptyWarehouse.js'
import { folderOfFile } from '../support/folder.js'
import { writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { forgetHere } from '../support/replayHere.js'
import { checkReplay } from '../support/replayed.js'
import { enrich, startRun, type Enriched } from '../support/simulated.js'
import { edgeCasesOf, idsOf, pipelineNames } from './pipelines.js'

const folder = folderOfFile()

/** A run that is killed, the same run again, and a run of the next night. */
describe.each(pipelineNames)('%s', (name) => {
  const cases = edgeCasesOf[name]!
  const { plain, edge: edgeId } = idsOf[name]!
  const missing = cases.missing.map(edgeId)
  const data = join(folder, name)
  let pipeline: Pipeline
  let api: Simulator
  let people: string[]
  let first: Enriched
  let second: Receipt

  beforeAll(async () => {
    pipeline = await loadPipeline(name)
    const answers = await pipeline.simulatedAnswers()
    const ids = Array.from({ length: 20 }, (_, at) => plain(at + 1))
    people = ids.filter((id) => answers.code?.(id, 0) === undefined).slice(0, 6)
    const edges = [cases.changed, cases.unknownKeys, cases.misdelivered].map(edgeId)
    const list = writeList(folder, [...people, ...edges, ...missing], `${name}.csv`)
    const running: { kill?: () => unknown } = {}
    api = await startSimulator({
      pipeline,
      before({ arrival }) {
        if (arrival === 4) running.kill?.()
        return undefined
      },
    })
    await placeEmptyWarehouse(data, pipeline)
    const started = startRun([list], data, api, '--pipeline', name, '--concurrency', '2')
    running.kill = () => started.child.kill('SIGKILL')
    expect((await started.ended).code).toBe(137)
    first = await enrich(list, data, api)
    api.change({ night: 1 })
    second = (await enrich(list, data, api, '--max-age', '0s', '--no-report', 'false')).receipt
    return () => api.close()
  }, 600_000)

  test('after a kill the paid answers are loaded, and only calls in flight may be paid twice', () => {
    expect(first.receipt).toMatchObject({ pipeline: name, reconciled: true, exit_code: 0 })
    expect(first.receipt.recovered.answers).toBeGreaterThanOrEqual(2)
    expect(first.receipt.recovered.unknown).toBeLessThanOrEqual(2)
    const paidAgain = [...api.ledger.chargesById().values()].filter((times) => times > 2)
    expect(paidAgain.length).toBeLessThanOrEqual(first.receipt.recovered.unknown)
  })

  test('a change between two nights makes a version; each profile is a row of the time series', async () => {
    const id = edgeId(cases.changed)
    expect(
      await published(data, `SELECT column_name FROM creator_changes WHERE user_id = '${id}' ORDER BY 1`),
    ).toContainEqual({ column_name: cases.column })
    const [counted] = await published<{ rows: number }>(
      data,
      `SELECT min(rows)::INTEGER AS rows FROM (SELECT count(*) AS rows FROM creator_counters GROUP BY user_id)`,
    )
    expect(counted).toEqual({ rows: 2 })
  })

  test('unknown keys and answers for others are told, and change nothing', async () => {
    expect(second.drift.some(({ kind }) => kind === 'unknown_key')).toBe(true)
    expect(await published(data, `SELECT DISTINCT user_id FROM anomalies WHERE kind = 'misdelivered'`)).toEqual([
      { user_id: edgeId(cases.misdelivered) },
    ])
  })

  test.runIf(missing.length > 0)(
    'ids that the endpoint does not have are empty after two calls, for a day',
    async () => {
      for (const { reasons } of [first.receipt, second])
        expect(reasons).toContainEqual({
          ...{ status: 'empty', reason: pipeline.missingReason, rows: missing.length, ids: missing.length },
        })
      for (const id of missing) expect(api.ledger.entries.filter((entry) => entry.id === id)).toHaveLength(2)
      expect(await published(data, `SELECT * FROM failures WHERE user_id IN ('${missing.join("', '")}')`)).toEqual([])
    },
  )

  test('the views have a row for each creator, and the report says whose profiles they are', async () => {
    const [overview] = await published(
      data,
      'SELECT count(*)::INTEGER AS n, count(fans)::INTEGER AS f FROM creator_overview',
    )
    expect(overview).toEqual({ n: people.length + 2, f: people.length + 2 })
    const report = readFileSync(join(data, 'reports', 'latest.html'), 'utf8')
    expect(report).toContain(pipeline.title)
    expect(report).not.toMatch(/>(?:undefined|NaN)</)
  })

  test('the folder knows its pipeline, and belongs to no other', async () => {
    expect((await pipelineFor({ data })).name).toBe(name)
    const other = pipelineNames.find((each) => each !== name)!
    const refused = pipelineFor({ data, pipeline: other })
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(`${data} belongs to the pipeline ${name}, not to ${other}`)
  })

  test('a replay gives the same tables, without a person who is forgotten', async () => {
    await forgetHere(data, people[0]!)
    expect(await published(data, `SELECT 1 FROM creators WHERE user_id = '${people[0]}'`)).toEqual([])
    expect(await checkReplay(data)).toEqual([])
  })
})
