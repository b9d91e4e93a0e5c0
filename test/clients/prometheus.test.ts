import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { dashboardExpressions } from '../support/dashboard.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, simulator } from '../support/simulated.js'

const operations = fileURLToPath(new URL('../../docs/operations/', import.meta.url))

interface Result {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined

/** Starts a server on a free port; it is killed at the end of the test. Both programs log the address on which they listen. */
function serve(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, [...args, '--web.listen-address=127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => kill(child))
  let log = ''
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
      const address = /"?Listening on"? (?:address=)?(127\.0\.0\.1:[1-9]\d*)/.exec(log)?.[1]
      if (address !== undefined) resolve(`http://${address}`)
    })
    child.once('exit', () => reject(new Error(`${program} ended: ${log}`)))
  })
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

test('a real Prometheus collects two folders, evaluates the alerts, and answers every panel of the dashboard', async ({
  skip,
}) => {
  skip(
    !isThere('prometheus') || !isThere('prometheus-node-exporter'),
    'prometheus and its node exporter are not on this machine',
  )
  const folder = temporaryFolder()
  const collected = join(folder, 'collected')
  mkdirSync(collected)
  const api = await simulator()
  const ids = [plainId(1), plainId(2), '5f00000000000000c0de0500', plainId(3)]
  const list = writeList(folder, ids)
  for (const name of ['good', 'refused']) {
    const data = join(folder, name)
    await enrich(list, data, api, '--track', '--attempts', '1', '--max-failed', '50%', '--max-calls', '3')
    symlinkSync(join(data, 'metrics', 'creator-enrich.prom'), join(collected, `${name}.prom`))
  }
  api.change({ tokens: ['another'] })
  await enrich(list, join(folder, 'refused'), api, '--max-age', '0s')

  const exporter = await serve('prometheus-node-exporter', [
    '--collector.disable-defaults',
    '--collector.textfile',
    `--collector.textfile.directory=${collected}`,
  ])
  const config = join(folder, 'prometheus.yml')
  const intervals = { scrape_interval: '1s', evaluation_interval: '1s' }
  const scrape = { job_name: 'node', static_configs: [{ targets: [new URL(exporter).host] }] }
  const settings = { global: intervals, rule_files: [join(operations, 'alerts.yml')], scrape_configs: [scrape] }
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings))
  const prometheus = await serve('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
  ])
  const get = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${prometheus}/api/v1/${path}`)).json()) as { data: T; error?: string }
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.data
  }
  const query = async (promql: string) =>
    (await get<{ result: Result[] }>(`query?query=${encodeURIComponent(promql)}`)).result

  await vi.waitUntil(async () => (await query('creator_enrich_last_run_exit_code').catch(() => [])).length === 2, {
    timeout: 30_000,
    interval: 100,
  })
  expect(
    (await query('creator_enrich_last_run_exit_code')).map(({ metric, value }) => [metric['folder'], value[1]]).sort(),
  ).toEqual([
    [join(folder, 'good'), '0'],
    [join(folder, 'refused'), '4'],
  ])
  expect(await query('node_textfile_scrape_error')).toMatchObject([{ value: [expect.anything(), '0'] }])

  // A limit that no run has met has no series.
  const empty: string[] = []
  for (const expression of dashboardExpressions(
    readFileSync(join(operations, 'creator-enrich.grafana.json'), 'utf8'),
  )) {
    const results = await query(expression.replaceAll(/\$(folder|pipeline)/g, '.+'))
    if (results.length === 0) empty.push(expression.split('{')[0]!)
  }
  expect(empty).toEqual(['creator_enrich_pace_limit_calls_per_second', 'creator_enrich_pace_in_flight_limit'])

  interface Rule {
    readonly name: string
    readonly health: string
    readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[]
  }
  const rules = async () => (await get<{ groups: { rules: Rule[] }[] }>('rules')).groups.flatMap((group) => group.rules)
  await vi.waitUntil(async () => (await rules()).every(({ health }) => health === 'ok'), { timeout: 30_000 })
  const firing = async () =>
    (await rules()).flatMap(({ name, alerts }) => alerts.map(({ labels }) => `${name} ${labels['folder']}`))
  await vi.waitUntil(async () => (await firing()).some((each) => each.startsWith('CreatorEnrichTokenRefused')), {
    timeout: 30_000,
  })
  expect(await firing()).toContain(`CreatorEnrichTokenRefused ${join(folder, 'refused')}`)
  expect(await firing()).not.toContain(`CreatorEnrichTokenRefused ${join(folder, 'good')}`)
})
