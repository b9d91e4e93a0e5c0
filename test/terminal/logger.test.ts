import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { redactor } from '../../src/core/redact.js'
import { Logger } from '../../src/terminal/logger.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

test('lines stay whole above the live line; messages below the level are not shown', () => {
  const written: string[] = []
  const logger = new Logger({ write: (text) => written.push(text), columns: 20 }, 'info', redactor('canary-token'))
  logger.show('7 of 9, and more than fits')
  logger.log('debug', 'unseen')
  logger.log('warn', 'canary-token refused')
  logger.show('')
  expect(written).toEqual([
    '\r\x1b[2K7 of 9, and more th',
    '\r\x1b[2Kwarning: [token] refused\n7 of 9, and more th',
    '\r\x1b[2K',
  ])
})

test('on a terminal lines break between words by their width, and the current step is shown', () => {
  const written: string[] = []
  const sink = { write: (text: string) => written.push(text), columns: 20 }
  const logger = new Logger({ ...sink, isTTY: true }, 'info', redactor(undefined))
  logger.log('info', '小红书 creators of 上海 and 浙江')
  logger.doing('loading')
  logger.log('warn', 'a-word-that-is-longer-than-the-line stays')
  expect(written).toEqual([
    '小红书 creators of\n  上海 and 浙江\n',
    '\r\x1b[2Kloading …',
    '\r\x1b[2Kwarning:\n  a-word-that-is-longer-than-the-line\n  stays\nloading …',
  ])
  written.length = 0
  new Logger(sink, 'info', redactor(undefined)).doing('loading')
  expect(written).toEqual([])
})

test('control and direction characters of names reach neither the terminal nor the log file', async () => {
  const folder = temporaryFolder()
  const evil = 'a\u001b[31m\u0007\u202e\u009bx\nerror: forged'
  const list = writeList(folder, [plainId(1)], `${evil}.csv`)
  const log = join(folder, 'run.log')
  const data = join(folder, 'data')
  const run = await commandHere(['run', list, '--api', 'simulated', '--data', data, '--no-report', '--log-file', log])
  expect(run.code).toBe(0)
  const plain = await commandHere(['plan', list, '--data', data])
  const wrong = await commandHere(['plan', join(folder, `none${evil}.csv`), '--data', data])
  const json = await commandHere(['plan', list, '--data', data, '--json'])
  const lists = await commandHere(['lists', '--data', data])
  const written = [run, plain, wrong, json, lists].flatMap(({ stdout, stderr }) => [stdout, stderr])
  for (const text of [...written, readFileSync(log, 'utf8')]) {
    // eslint-disable-next-line no-control-regex -- these characters must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|^error: forged/m)
  }
  expect(plain.stdout).toContain('a\\u001b[31m\\u0007\\u202e\\u009bx\\u000aerror: forged')
  expect((JSON.parse(json.stdout) as { lists: { list: string }[] }).lists[0]!.list).toBe(evil)
})
