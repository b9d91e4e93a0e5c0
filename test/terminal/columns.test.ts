import { join } from 'node:path'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { inTerminal } from '../support/terminal.js'

const IDS = Array.from({ length: 30 }, (_, n) => plainId(n + 1))

test('at 80 columns no line of a command is wider, unless one path or command to copy is; further lines hang below the text', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS)
  const commands = {
    firstPlan: ['plan', list],
    run: ['run', list, '--api', 'simulated', '--track', '--max-calls', '20', '--no-report'],
    plan: ['plan', list, '--max-age', '0s'],
    status: ['status'],
    lists: ['lists'],
    doctor: ['doctor', '--api', 'http://127.0.0.1:9', '--allow-plain-http'],
    changes: ['changes', '--since', '2026-11-20'],
    replay: ['replay'],
    select: ['select', '--save', join('x', 'y')],
    forget: ['forget', IDS[0]!],
  }
  const shown: Record<string, string[]> = {}
  for (const [name, args] of Object.entries(commands)) {
    const lines = await inTerminal(80, [...args, '--data', data])
    shown[name] = lines
    for (const line of lines.filter((each) => stringWidth(each) > 80)) {
      expect(line.replace(/^[a-z]* +/, '').replace(/`[^`]+`/, '`…`'), `${name}: ${line}`).not.toContain(' ')
    }
  }
  const text = Object.fromEntries(Object.entries(shown).map(([name, lines]) => [name, lines.join('\n')]))
  expect(text['firstPlan']).toMatch(/^time {7}unknown: .*\n {11}at that pace$/m)
  expect(text['run']).toMatch(/^run {8}\S+ SIMULATED DATA: invented people, no money spent$/m)
  expect(text['status']).toMatch(/^next {7}run the same .*\n {11}\S.*$/m)
  expect(text['doctor']).toMatch(/^fail {2}network {3}\S.*\n {16}\S.*\n {16}\S/m)

  // What is not read on a terminal stays one line for each fact.
  const piped = await cli(['plan', writeList(folder, [plainId(99)], 'b.csv'), '--data', join(folder, 'none')])
  expect(piped.stdout).toMatch(/^time .* --rate N\/s shows the time at that pace$/m)
})

test('at 40 columns a command to be copied stays in one piece', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  expect((await cli(['run', writeList(folder, IDS), '--data', data, '--api', 'simulated', '--no-report'])).code).toBe(0)
  const lines = await inTerminal(40, ['lists', '--data', data])
  expect(lines.filter((line) => line.includes('`')).map((line) => line.split('`').length % 2)).not.toContain(0)
  expect(lines.join('\n')).toContain(`\n  \`node dist/src/cli.js run <list> --track --data ${data}\`\n`)
})
