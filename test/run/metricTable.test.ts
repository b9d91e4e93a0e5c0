import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { METRICS } from '../../src/run/metrics/metricTable.js'
import { dashboardExpressions } from '../support/dashboard.js'

const page = new URL('../../docs/metrics.md', import.meta.url)
const operations = new URL('../../docs/operations/', import.meta.url)
const names = Object.keys(METRICS)

test('docs/metrics.md has the table of the code', async () => {
  const rows = (wanted: string) =>
    Object.entries(METRICS).flatMap(([name, { of, labels, help }]) =>
      of === wanted ? [`| \`${name}\` | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`] : [],
    )
  const table = (of: string) => ['| series | labels | meaning |', '|---|---|---|', ...rows(of)].join('\n')
  const tables = [table('folder'), table('run'), table('worker')]
  let at = 0
  const text = readFileSync(page, 'utf8').replace(/\| series \|.*\n(?:\|.*\n)+/g, () => `${tables[at++]}\n`)
  expect(at).toBe(3)
  await expect(text).toMatchFileSnapshot(fileURLToPath(page))
})

test('names and units follow the conventions of Prometheus', () => {
  for (const [name, { type, labels }] of Object.entries(METRICS)) {
    expect(name).toMatch(/^creator_enrich_[a-z0-9]+(_[a-z0-9]+)*$/)
    expect([name, name.endsWith('_total')]).toEqual([name, (type as string) === 'counter'])
    expect([name, labels.filter((label) => ['folder', 'pipeline', 'le', 'quantile'].includes(label))]).toEqual([
      name,
      [],
    ])
  }
})

describe('docs/operations/', () => {
  const alerts = readFileSync(new URL('alerts.yml', operations), 'utf8')
  const tests = readFileSync(new URL('alerts.test.yml', operations), 'utf8')
  const dashboard = readFileSync(new URL('creator-enrich.grafana.json', operations), 'utf8')

  test('alerts and dashboard use only series that exist, with labels that they have', () => {
    for (const text of [alerts, tests, ...dashboardExpressions(dashboard)]) {
      for (const [, name, selector = ''] of text.matchAll(/\b(creator_enrich_\w+)(?:\{([^}]*)\})?/g)) {
        const known = [
          ...(Object.hasOwn(METRICS, name!) ? METRICS[name as keyof typeof METRICS].labels : []),
          'folder',
          'pipeline',
        ]
        const used = [...selector.matchAll(/(\w+)\s*=~?"/g)].map(([, label]) => label!)
        expect([name, names.includes(name!), used.filter((label) => !known.includes(label))]).toEqual([name, true, []])
      }
    }
  })

  test('each alert has a test', () => {
    const named = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)
    expect(named.length).toBeGreaterThan(9)
    expect(named.filter((name) => !tests.includes(`alertname: ${name}\n`))).toEqual([])
  })

  test('promtool runs the tests of the alerts', ({ skip }) => {
    const run = spawnSync('promtool', ['test', 'rules', 'alerts.test.yml'], {
      cwd: fileURLToPath(operations),
      encoding: 'utf8',
    })
    skip(run.error !== undefined, 'promtool is not on this machine')
    expect([run.status, run.stdout, run.stderr]).toEqual([0, expect.stringContaining('SUCCESS'), ''])
  })
})
