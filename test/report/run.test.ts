import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { writeReport } from '../../src/report/writeReport.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, simulator } from '../support/simulated.js'
import { dataOf } from './reportFixture.js'

const REPORTED = ['--no-report', 'false']
const now = Date.UTC(2026, 10, 20)

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
  expect(await writeReport(layoutOf(data), pipeline, { now, keep: 10 })).toBe(path)
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

  const other = writeReport(layoutOf(data), { ...pipeline, name: 'other' }, { now, keep: 10 })
  await expect(other).rejects.toThrow('give it with --pipeline')
})
