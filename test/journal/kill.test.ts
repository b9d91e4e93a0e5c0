import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { repairJournal } from '../../src/journal/repairJournal.js'
import type { Call } from '../../src/model/call.js'
import { temporaryFolder } from '../support/folder.js'
import { callsOf } from './calls.js'

const WRITER = fileURLToPath(new URL('writer.mjs', import.meta.url))
const CALLERS = 8

interface Written {
  readonly sent: Set<number>
  readonly safe: Set<number>
  readonly failed: string | undefined
}

/** Runs the writer until it is killed or ends by itself. @param killMs milliseconds after its first durable answer */
async function write(folder: string, killMs: number | undefined, limit = ''): Promise<Written> {
  const child = spawn('bash', ['-c', `${limit} exec "$0" "$@"`, process.execPath, WRITER, folder])
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    if (killMs !== undefined && text === '') setTimeout(() => child.kill('SIGKILL'), killMs)
    text += data
  })
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  const reported = (word: string) =>
    new Set([...text.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map((m) => Number(m[1])))
  return { sent: reported('sent'), safe: reported('safe'), failed: /^failed (.*)$/m.exec(text)?.[1] }
}

async function recovered(folder: string): Promise<Call[]> {
  const { segments } = await repairJournal(folder)
  expect(segments).toHaveLength(1)
  return callsOf(segments[0]!)
}

function expectKept({ sent, safe }: Written, calls: Call[]): void {
  const answers = new Set(calls.filter(({ kind }) => kind === 'answer').map(({ seq }) => seq))
  const unknown = calls.filter(({ kind }) => kind === 'unknown')
  const listed = new Set(calls.map(({ seq }) => seq))
  expect([...safe].filter((seq) => !answers.has(seq))).toEqual([])
  expect([...sent].filter((seq) => !listed.has(seq))).toEqual([])
  expect(unknown.length).toBeLessThanOrEqual(CALLERS)
  expect(calls).toHaveLength(listed.size)
}

test('a writer that is killed at any time: every safe answer is kept, every sent call is listed', async () => {
  const kills = Array.from({ length: 8 }, (_, index) => index * 17)
  for (const killMs of kills) {
    const folder = join(temporaryFolder(), 'journal')
    const written = await write(folder, killMs)
    expect(written.sent.size).toBeGreaterThan(0)
    expectKept(written, await recovered(folder))
  }
})

test('a file that may not grow: the writer fails for good, every safe answer is kept', async () => {
  // The shell counts in blocks of 1 kB or 512 bytes.
  const folder = join(temporaryFolder(), 'journal')
  const written = await write(folder, undefined, 'ulimit -f 9000;')
  expect(written.failed).toMatch(
    /^LocalError: cannot write the journal: \/.*run\.journal: .*EFBIG.*answers of this run are safe/,
  )
  expect(written.safe.size).toBeGreaterThan(10)
  expect(written.failed).toContain(`${written.safe.size.toLocaleString('en-US')} answers`)
  expectKept(written, await recovered(folder))
})
