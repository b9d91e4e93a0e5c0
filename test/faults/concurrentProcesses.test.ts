import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Ended } from '../support/cli.js'
import { KNOWN, SMALL, type Sandbox, useSandboxes } from './sandbox.js'
import { sample } from './size.js'
import { Tally } from './tally.js'
import { runTrial } from './trial.js'

useSandboxes()

const STARTS = sample(6, 20)

test('of many runs started at once one works; the others end with 8 and send nothing', async ({ task }) => {
  const tally = new Tally(task)
  for (let round = 0; round < sample(1, 5); round += 1) {
    let releaseAnswers!: () => void
    const othersEnded = new Promise<undefined>((resolve) => (releaseAnswers = () => resolve(undefined)))
    const ports = new Set<number>()
    const before = ({ request }: { request: { socket: { remotePort?: number | undefined } } }) => {
      ports.add(request.socket.remotePort ?? 0)
      return othersEnded
    }
    const verdict = await runTrial(
      { ...SMALL, api: { before } },
      async (sandbox) => {
        const began = performance.now()
        const runs = Array.from({ length: STARTS }, () => sandbox.start())
        let refused = 0
        const ended = runs.map(({ ended }) =>
          ended.then((end): Ended => {
            refused += 1
            // The working run gets its first answers when all the others have ended.
            if (refused === STARTS - 1) {
              console.log(`${refused} refused after ${Math.round(performance.now() - began)} ms`)
              releaseAnswers()
            }
            return end
          }),
        )
        return Promise.all(ended)
      },
      { codes: [8] },
    )
    const { cutOff } = verdict.figures
    if (cutOff !== STARTS - 1) verdict.breaches.push(`${cutOff} of ${STARTS} starts were refused`)
    if (ports.size > SMALL.concurrency) verdict.breaches.push(`${ports.size} connections, more than one run opens`)
    if (verdict.figures.calls !== SMALL.ids.length - KNOWN) verdict.breaches.push(`${verdict.figures.calls} calls`)
    tally.add(`round ${round + 1}`, verdict)
  }
  tally.judge()
})

/** The JSON that reader.mjs prints: how often each row count was read, and the errors. */
interface ReaderReport {
  readonly opens: number
  readonly database: Readonly<Record<string, number>>
  readonly csv: Readonly<Record<string, number>>
  readonly errors: readonly string[]
}

const READER = fileURLToPath(new URL('reader.mjs', import.meta.url))

/** Repeats the run of this sandbox until a reader has opened the published files `opens` times. */
async function readDuring(sandbox: Sandbox, opens: number): Promise<{ ended: Ended[]; report: ReaderReport }> {
  const reader = spawn(process.execPath, [READER, sandbox.data, String(opens)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const output = { text: '' }
  reader.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.text += chunk))
  const ended: Ended[] = []
  do {
    ended.push(await sandbox.runHere())
  } while (!output.text.startsWith('enough') && reader.exitCode === null)
  reader.stdin.end()
  await once(reader, 'close')
  return { ended, report: JSON.parse(output.text.slice(output.text.indexOf('{'))) as ReaderReport }
}

test('a reader can open the published files at any time and gets the old run or the new one, never an error', async ({
  task,
}) => {
  const tally = new Tally(task)
  const opens = sample(100, 1000)
  const verdict = await runTrial(SMALL, async (sandbox) => {
    const { ended, report } = await readDuring(sandbox, opens)
    expect(report.errors).toEqual([])
    expect(report.opens).toBeGreaterThanOrEqual(opens)
    const counts = new Set([...Object.keys(report.database), ...Object.keys(report.csv)].map(Number))
    expect([...counts].filter((n) => n !== KNOWN && n !== SMALL.ids.length)).toEqual([])
    return ended
  })
  tally.add(`${opens} opens`, verdict)
  tally.judge()
})
