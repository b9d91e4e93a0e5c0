import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLogFile, ROTATED_BYTES, type LogTrouble } from '../../src/terminal/logFile.js'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

/** A log file, and what it reports. */
function open(path: string, now = Date.now()): { append: (line: string) => void; troubles: LogTrouble[] } {
  const file = openLogFile(path, now)
  const troubles: LogTrouble[] = []
  file.reportTo((trouble) => troubles.push(trouble))
  return { append: (line) => file.append(line), troubles }
}

const START = Date.UTC(2026, 10, 22)

/** Makes a file as large as a log that is renamed, without writing its bytes. */
function large(path: string, start: string): void {
  writeFileSync(path, start)
  truncateSync(path, ROTATED_BYTES + 1)
}

test('a file that is renamed or removed meanwhile is made again, and no line is lost', () => {
  const path = join(temporaryFolder(), 'deep', 'run.log')
  const { append, troubles } = open(path)
  append('one\n')
  renameSync(path, `${path}.1`)
  append('two\n')
  expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['one\n', 'two\n'])
  unlinkSync(path)
  append('three\n')
  expect(readFileSync(path, 'utf8')).toBe('three\n')
  expect(statSync(path).mode & 0o007).toBe(0)
  expect(troubles).toEqual([])
})

test('a line that another program left unfinished stays a line of its own', () => {
  const path = join(temporaryFolder(), 'run.log')
  writeFileSync(path, 'torn')
  const { append } = open(path)
  append('one\n')
  append('two\n')
  expect(readFileSync(path, 'utf8')).toBe('torn\none\ntwo\n')
})

test('lines that cannot be written are reported once, and counted when there is room again', () => {
  const path = join(temporaryFolder(), 'run.log')
  const { append, troubles } = open(path)
  unlinkSync(path)
  mkdirSync(path)
  append('one\n')
  append('two\n')
  expect(troubles).toEqual([
    { event: 'log_lost', message: expect.stringMatching(/run\.log cannot be written any more: EISDIR/) as string },
  ])
  rmdirSync(path)
  append('three\n')
  expect(readFileSync(path, 'utf8')).toBe('three\n')
  expect(troubles[1]).toEqual({ event: 'log_lost', message: `${path} can be written again; 2 lines lost` })
})

test('a large file is renamed at the start, behind a link too; the last four are kept, and other files stay', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'run.log')
  const link = join(folder, 'link.log')
  symlinkSync(path, link)
  writeFileSync(join(folder, 'run.log.1'), 'of logrotate')
  for (let at = 0; at < 6; at += 1) {
    large(path, `${at}`)
    open(at === 0 ? path : link, START + at).append(`${at}\n`)
    expect(readFileSync(path, 'utf8')).toBe(`${at}\n`)
  }
  const rotated = readdirSync(folder).filter((name) => /^run\.log\.\d{8}T\d{6}Z-[0-9a-f]{4}$/.test(name))
  expect(rotated.map((name) => readFileSync(join(folder, name), 'utf8')[0]).sort()).toEqual(['2', '3', '4', '5'])
  expect(existsSync(join(folder, 'run.log.1'))).toBe(true)
  large(path, 'x')
  truncateSync(path, ROTATED_BYTES)
  open(path).append('not yet\n')
  expect(statSync(path).size).toBeGreaterThan(ROTATED_BYTES)
})

test('a bad path is refused before anything is sent', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1)])
  writeFileSync(join(folder, 'file'), '')
  const refused = await cli(
    ['run', list, '--api', 'simulated', '--log-file', join(folder, 'file', 'run.log'), '--data', join(folder, 'data')],
    {},
  )
  expect(refused.code).toBe(7)
  expect(refused.stderr).toMatch(/^error: --log-file .*run\.log: .*; nothing was sent: give another file\n$/)
  expect(existsSync(join(folder, 'data'))).toBe(false)
})
