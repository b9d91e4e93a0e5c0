import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { writeReport } from '../../src/report/writeReport.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, enrichAll, simulator } from '../support/simulated.js'
import { dataOf } from './reportFixture.js'

const REPORTED = ['--no-report', 'false']

test('a run writes its report and latest.html; the last ten stay; a failure only adds a warning', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const { reports } = layoutOf(data)
  const api = await simulator()
  const list = writeList(folder, [plainId(1), plainId(2)])

  expect((await enrich(list, data, api)).receipt.files.report).toBeUndefined()
  expect(existsSync(reports)).toBe(false)

  const { receipt, code } = await enrich(list, data, api, ...REPORTED)
  const path = join(reports, `${receipt.run_id}.html`)
  expect([code, receipt.files.report]).toEqual([0, path])
  expect(dataOf(readFileSync(path, 'utf8')).ids.toSorted()).toEqual([plainId(1), plainId(2)])
  expect(readFileSync(join(reports, 'latest.html'), 'utf8')).toBe(readFileSync(path, 'utf8'))

  for (let n = 0; n < 11; n += 1) writeFileSync(join(reports, `202501${10 + n}T000000Z-0000.html`), '')
  writeFileSync(join(reports, 'mine.html'), '')
  expect(await writeReport(layoutOf(data), pipeline, { keep: 10, lang: 'en' })).toBe(path)
  const left = readdirSync(reports)
  expect(left).toHaveLength(12)
  expect(left).not.toContain('20250111T000000Z-0000.html')
  expect(left).toEqual(expect.arrayContaining(['20250112T000000Z-0000.html', 'mine.html', 'latest.html']))

  const again = await enrich(list, data, api, ...REPORTED, '--keep-reports', '3')
  const few = [`${again.receipt.run_id}.html`, `${receipt.run_id}.html`, '20250120T000000Z-0000.html']
  expect(readdirSync(reports).sort()).toEqual([...few, 'mine.html', 'latest.html'].sort())
  expect(await commandHere(['report', '--data', data, '--keep-reports', '1'])).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(reports).sort()).toEqual([few[0], 'latest.html', 'mine.html'])
  expect(await commandHere(['report', '--data', data, '--keep-reports', '0'])).toMatchObject({
    code: 2,
    stderr: 'error: --keep-reports: expected a whole number from 1 to 1000000, got "0"\n',
  })

  rmSync(reports, { recursive: true })
  writeFileSync(reports, 'in the way')
  const failed = await enrich(list, data, api, ...REPORTED)
  expect(failed.code).toBe(0)
  expect(failed.receipt.files.report).toBeUndefined()
  expect(failed.stderr).toMatch(/no report: cannot write the report of .*all other files are in place/)
})

test('the command writes the report again and prints its path; it refuses an empty folder and another pipeline', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const nothing = await commandHere(['report', '--data', data])
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('has no published file yet')])
  expect(existsSync(data)).toBe(false)

  const api = await simulator()
  await enrich(writeList(folder, [plainId(1)]), data, api)
  const written = await commandHere(['report', '--data', data])
  expect(written.stderr).toBe('')
  expect(written.code).toBe(0)
  const path = written.stdout.trim()
  expect(path.startsWith(join(data, 'reports'))).toBe(true)
  expect(dataOf(readFileSync(path, 'utf8')).ids).toEqual([plainId(1)])

  const other = writeReport(layoutOf(data), { ...pipeline, name: 'other' }, { keep: 10, lang: 'en' })
  await expect(other).rejects.toThrow('belong to the pipeline')
})

test('the report of a list is a file of its own, the same for the same data; forget and lists remove reach it', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const { reports } = layoutOf(data)
  const api = await simulator()
  const named = (name: string, ...rows: string[]) => {
    const path = join(folder, `${name}.csv`)
    writeFileSync(path, `user_id,brand\n${rows.join('\n')}\n`)
    return path
  }
  const spring = [`${plainId(1)},a brand`, `${plainId(2)},`]
  const lists = ['spring', 'latest', '20261120T180000Z-0001'].map((name) => named(name, ...spring))
  await enrichAll([...lists, named('autumn', `${plainId(3)},`)], data, api, ...REPORTED)
  const report = (...args: string[]) => commandHere(['report', '--data', data, ...args])
  const nameOf = async (list: string) => basename((await report('--list', list)).stdout.trim())

  const latest = readFileSync(join(reports, 'latest.html'), 'utf8')
  expect(await nameOf('spring')).toBe('spring.html')
  const written = readFileSync(join(reports, 'spring.html'), 'utf8')
  expect(dataOf(written).ids.toSorted()).toEqual([plainId(1), plainId(2)])
  expect(written).not.toMatch(/autumn|a brand/)
  const { mtimeMs } = statSync(join(reports, 'spring.html'))
  expect(await nameOf('spring')).toBe('spring.html')
  expect(statSync(join(reports, 'spring.html')).mtimeMs).toBe(mtimeMs)
  await report('--list', 'spring', '--with-columns')
  expect(readFileSync(join(reports, 'spring.html'), 'utf8')).toContain('a brand')

  expect(await nameOf('latest')).toMatch(/^latest-[0-9a-f]{8}\.html$/)
  expect(await nameOf('20261120T180000Z-0001')).toMatch(/^20261120T180000Z-0001-[0-9a-f]{8}\.html$/)
  expect(readFileSync(join(reports, 'latest.html'), 'utf8')).toBe(latest)
  expect(await report('--list', 'sprin')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean spring?') as string,
  })
  expect(await report('--with-columns')).toMatchObject({
    code: 2,
    stderr: 'error: --with-columns belongs to the report of one list: give its name with --list\n',
  })

  await nameOf('autumn')
  const removed = await commandHere(['lists', 'remove', 'spring', '--data', data])
  expect(removed.stdout).toContain('2 rows, 2 exports, 1 report\n')
  expect(existsSync(join(reports, 'spring.html'))).toBe(false)
  expect((await commandHere(['forget', plainId(3), '--data', data])).code).toBe(0)
  expect(existsSync(join(reports, 'autumn.html'))).toBe(false)
})
