import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

interface Place {
  readonly folder: string
  readonly data: string
  readonly outside: string
  run(...more: string[]): ReturnType<typeof commandHere>
}

/** A folder beside the data that must not change, and a run. */
function place(): Place {
  const folder = temporaryFolder()
  const [data, outside] = [join(folder, 'data'), join(folder, 'outside')]
  for (const made of [data, outside]) mkdirSync(made)
  for (const name of ['precious.txt', '12345']) writeFileSync(join(outside, name), 'precious')
  const list = writeList(folder, [plainId(1)], 'list.csv')
  return {
    folder,
    data,
    outside,
    run: (...more) => commandHere(['run', list, '--data', data, '--api', 'simulated', ...more]),
  }
}

function expectUntouched({ outside }: Place): void {
  const left = readdirSync(outside).map((name) => [name, readFileSync(join(outside, name), 'utf8')])
  expect(left).toEqual([
    ['12345', 'precious'],
    ['precious.txt', 'precious'],
  ])
}

describe('a planted link', () => {
  test.each([
    'state',
    'raw',
    'state/journal',
    'state/lock.duckdb',
    'state/warehouse.duckdb',
    'state/warehouse.duckdb.wal',
  ])('at %s is refused by name, and nothing is written through it', async (name) => {
    const there = place()
    mkdirSync(join(there.data, 'state'), { recursive: true })
    if (name === 'state') rmSync(join(there.data, name), { recursive: true })
    const isFile = name.includes('.duckdb')
    symlinkSync(isFile ? join(there.outside, 'precious.txt') : there.outside, join(there.data, name))
    const { code, stderr } = await there.run()
    expect(code).toBe(7)
    expect(stderr).toContain(`${join(there.data, name)} is a link`)
    expectUntouched(there)
  })

  test('that leads nowhere is not followed at the lock', async () => {
    const there = place()
    mkdirSync(join(there.data, 'state'))
    symlinkSync(join(there.outside, 'new'), join(there.data, 'state', 'lock.duckdb'))
    expect((await there.run()).code).toBe(7)
    expectUntouched(there)
  })

  test('at a final name, an old temporary name or the spill is replaced, not followed', async () => {
    const there = place()
    expect((await there.run()).code).toBe(0)
    const names = ['state/status.json', 'state/learned.json', 'exports/creators.csv', 'exports/creators.parquet']
    const others = ['reports/latest.html', 'metrics/creator-enrich.prom', 'creators.duckdb']
    for (const name of [...names, ...others]) {
      for (const planted of name === 'creators.duckdb' ? [`${name}.part`] : [name, `${name}.part`]) {
        rmSync(join(there.data, planted), { force: true })
        symlinkSync(join(there.outside, 'precious.txt'), join(there.data, planted))
      }
    }
    rmSync(join(there.data, 'state', 'spill'), { recursive: true, force: true })
    symlinkSync(there.outside, join(there.data, 'state', 'spill'))
    const { code, stderr } = await there.run()
    expect({ code, stderr: /error.*/.exec(stderr) }).toEqual({ code: 0, stderr: null })
    for (const name of ['exports/creators.csv', 'reports/latest.html', 'metrics/creator-enrich.prom'])
      expect(lstatSync(join(there.data, name)).isFile()).toBe(true)
    expectUntouched(there)

    const out = join(there.folder, 'out.csv')
    for (const name of [out, `${out}.part`]) symlinkSync(join(there.outside, 'precious.txt'), name)
    expect((await commandHere(['select', '--data', there.data, '--out', out])).code).toBe(0)
    expect(lstatSync(out).isFile()).toBe(true)
    expectUntouched(there)
  })

  test('at --log-file is the choice of the user: it is followed, and appended to', async () => {
    const there = place()
    const log = join(there.folder, 'x.log')
    symlinkSync(join(there.outside, 'precious.txt'), log)
    expect((await there.run('--log-file', log)).code).toBe(0)
    expect(lstatSync(log).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(there.outside, 'precious.txt'), 'utf8')).toMatch(/^precious\S*\n\{"level":"info",/)
  })
})

test('state/ and raw/ may be links to empty folders, and later to what runs left there', async () => {
  const there = place()
  for (const name of ['state', 'raw']) {
    mkdirSync(join(there.folder, name))
    symlinkSync(join(there.folder, name), join(there.data, name))
  }
  expect([(await there.run()).code, (await there.run()).code]).toEqual([0, 0])
})

test('the next run removes the temporary files of killed runs, and no others', async () => {
  const there = place()
  expect((await there.run()).code).toBe(0)
  const ending = '99999999-00000000000000000000.part'
  const [run] = readdirSync(join(there.data, 'raw', 'receipts'))
  const left = [
    `creators.duckdb.${ending}`,
    `exports/creators.csv.${ending}`,
    `reports/x.html.${ending}`,
    `metrics/creator-enrich.prom.${ending}`,
    `state/status.json.${ending}`,
    `state/warehouse.duckdb.${ending}`,
    `state/warehouse.duckdb.${ending}.wal`,
    `state/warehouse.duckdb.rebuilt.${ending}`,
    `state/journal/x.journal.${ending}`,
    `raw/receipts/${run!}/part-00000.parquet.${ending}`,
    `raw/receipts/${run!}/part-00000.parquet.part`,
  ]
  const kept = ['exports/mine.csv.part', 'reports/saved.html.part', 'notes.part']
  for (const name of [...left, ...kept]) writeFileSync(join(there.data, name), 'x')
  expect((await there.run()).code).toBe(0)
  const names = new Set(readdirSync(there.data, { recursive: true, encoding: 'utf8' }))
  expect([left.filter((name) => names.has(name)), kept.filter((name) => !names.has(name))]).toEqual([[], []])
})
