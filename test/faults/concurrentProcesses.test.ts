import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Ended } from '../support/cli.js'
import { Tally } from './tally.js'
import { survive } from './trial.js'
import { sized } from './size.js'
import { KNOWN, SMALL, type World } from './sandbox.js'

const STARTS = sized(6, 20)

test('many starts at once: one works, the others end with 8 and send nothing', async ({ task }) => {
  const tally = new Tally(task)
  for (let round = 0; round < sized(1, 5); round += 1) {
    let open!: () => void
    const gate = new Promise<undefined>((resolve) => (open = () => resolve(undefined)))
    const callers = new Set<number>()
    const before = ({ request }: { request: { socket: { remotePort?: number | undefined } } }) => {
      callers.add(request.socket.remotePort ?? 0)
      return gate
    }
    const verdict = await survive(
      { ...SMALL, api: { before } },
      async (world) => {
        const began = performance.now()
        const runs = Array.from({ length: STARTS }, () => world.start())
        let refused = 0
        const ended = runs.map(({ ended }) =>
          ended.then((end): Ended => {
            refused += 1
            // The one that works waits for its first answers until all the others have gone.
            if (refused === STARTS - 1) {
              console.log(`${refused} refused after ${Math.round(performance.now() - began)} ms`)
              open()
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
    if (callers.size > SMALL.concurrency) verdict.breaches.push(`${callers.size} connections, more than one run has`)
    if (verdict.figures.calls !== SMALL.ids.length - KNOWN) verdict.breaches.push(`${verdict.figures.calls} calls`)
    tally.add(`round ${round + 1}`, verdict)
  }
  tally.judge()
})

interface Seen {
  readonly opens: number
  readonly database: Readonly<Record<string, number>>
  readonly csv: Readonly<Record<string, number>>
  readonly errors: readonly string[]
}

const READER = fileURLToPath(new URL('reader.mjs', import.meta.url))

/** Runs this world's command again and again until a reader has opened what is published often enough. */
async function readDuring(world: World, opens: number): Promise<{ ended: Ended[]; seen: Seen }> {
  const reader = spawn(process.execPath, [READER, world.data, String(opens)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const told = { text: '' }
  reader.stdout.setEncoding('utf8').on('data', (chunk: string) => (told.text += chunk))
  const ended: Ended[] = []
  do {
    ended.push(await world.run())
  } while (!told.text.startsWith('enough') && reader.exitCode === null)
  reader.stdin.end()
  await once(reader, 'close')
  return { ended, seen: JSON.parse(told.text.slice(told.text.indexOf('{'))) as Seen }
}

test('readers open what is published at every instant: the old run or the new one, never an error', async ({
  task,
}) => {
  const tally = new Tally(task)
  const opens = sized(100, 1000)
  const verdict = await survive(SMALL, async (world) => {
    const { ended, seen } = await readDuring(world, opens)
    expect(seen.errors).toEqual([])
    expect(seen.opens).toBeGreaterThanOrEqual(opens)
    const counts = new Set([...Object.keys(seen.database), ...Object.keys(seen.csv)].map(Number))
    expect([...counts].filter((n) => n !== KNOWN && n !== SMALL.ids.length)).toEqual([])
    return ended
  })
  tally.add(`${opens} opens`, verdict)
  tally.judge()
})
