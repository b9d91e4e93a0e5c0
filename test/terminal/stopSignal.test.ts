import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLI, startCli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { receiptOf, simulator, TOKEN } from '../support/simulated.js'

const IDS = Array.from({ length: 6 }, (_, n) => plainId(n + 1))

/** Starts a run, sends SIGHUP as its first call arrives, and waits for its end. */
async function hangUp(through: readonly string[]) {
  const folder = temporaryFolder()
  const pid = { of: 0 }
  const api = await simulator({
    latencyMs: 50,
    before: ({ arrival }) => {
      if (arrival === 1) process.kill(pid.of, 'SIGHUP')
      return undefined
    },
  })
  const args = [
    'run',
    writeList(folder, IDS),
    '--api',
    api.url,
    '--data',
    join(folder, 'data'),
    '--json',
    '--no-report',
  ]
  const started = startCli([...args, '--concurrency', '1'], { env: { JUSTONEAPI_TOKEN: TOKEN }, through })
  pid.of = started.child.pid!
  return receiptOf(await started.ended)
}

test.each([
  ['nohup', ['nohup']],
  ['a shell that ignores SIGHUP', ['sh', '-c', `trap '' HUP; exec "$@"`, 'sh']],
  ['setsid', ['setsid']],
])('a run that was started through %s goes on when its terminal closes', async (_, through) => {
  const receipt = await hangUp(through)
  expect(receipt).toMatchObject({ exit_code: 0, ids: { enriched: 6, parked: 0 } })
})

test('a run in a terminal stops in order when the terminal closes', async () => {
  const folder = temporaryFolder()
  const pidFile = join(folder, 'pid')
  const api = await simulator({
    latencyMs: 50,
    before: ({ arrival }) => {
      if (arrival === 1) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGHUP')
      return undefined
    },
  })
  const args = ['run', writeList(folder, IDS), '--api', api.url, '--data', join(folder, 'data'), '--no-report']
  const shell = `echo $$ > ${pidFile}; exec "$0" "$@"`
  const command = ['sh', '-c', shell, process.execPath, CLI, ...args, '--concurrency', '1']
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('script', ['-qec', quoted, '/dev/null'], { env: { ...process.env, JUSTONEAPI_TOKEN: TOKEN } })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const [code] = (await once(child, 'close')) as [number]
  expect(text).toContain('SIGHUP: stopping in order')
  expect(code).toBe(143)
})
