import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'vitest'
import type { Ended, Started } from '../support/cli.js'
import { Tally } from './tally.js'
import { survive, type Verdict } from './trial.js'
import { sized, spread } from './size.js'
import { LARGE, World, type WorldOptions } from './sandbox.js'

/** How long an undisturbed run of this world takes, from the start of its process. */
async function secondsOf(options: WorldOptions): Promise<number> {
  const world = await World.open(options)
  try {
    const began = performance.now()
    await world.run()
    return (performance.now() - began) / 1000
  } finally {
    await world.close()
  }
}

/** Resolves when so many calls of this world have arrived; the run may be over before. */
function onArrival(options: WorldOptions, arrival: number): { options: WorldOptions; arrived: Promise<void> } {
  let tell!: () => void
  const arrived = new Promise<void>((resolve) => (tell = resolve))
  const before = (call: { arrival: number }) => {
    if (call.arrival === arrival) tell()
    return undefined
  }
  return { options: { ...options, api: { ...options.api, before } }, arrived }
}

/** A run that is dealt with as soon as so many of its calls have arrived. */
async function atArrival(
  arrival: number,
  deal: (run: Started) => Promise<void> | void,
  expected: Parameters<typeof survive>[2],
  given: WorldOptions = LARGE,
): Promise<Verdict> {
  const { options, arrived } = onArrival(given, arrival)
  return survive(
    options,
    async (world): Promise<Ended> => {
      const run = world.start()
      await Promise.race([arrived, run.ended])
      await deal(run)
      return run.ended
    },
    expected,
  )
}

test('SIGKILL at random moments of the run', async ({ task }) => {
  const tally = new Tally(task)
  let seconds = await secondsOf(LARGE)
  for (const share of spread(sized(1, 200), 1)) {
    const after = share * seconds
    let lasted = 0
    const verdict = await survive(LARGE, async (world) => {
      const began = performance.now()
      const run = world.start()
      await Promise.race([delay(after * 1000), run.ended])
      lasted = (performance.now() - began) / 1000
      run.child.kill('SIGKILL')
      return run.ended
    })
    tally.add(`killed after ${after.toFixed(2)} of ${seconds.toFixed(2)} s`, verdict)
    // A run that was over before tells how long one takes by now.
    seconds = lasted < after ? lasted : seconds
  }
  tally.judge()
})

test('SIGKILL as a call arrives, when most calls are in flight', async ({ task }) => {
  const tally = new Tally(task)
  for (const share of spread(sized(1, 40), 2)) {
    const arrival = 1 + Math.floor(share * (LARGE.ids.length - 4))
    const kill = ({ child }: Started) => void child.kill('SIGKILL')
    tally.add(`killed at call ${arrival}`, await atArrival(arrival, kill, {}))
  }
  tally.judge()
})

test('SIGTERM: calls in flight are waited for, nothing is ambiguous', async ({ task }) => {
  const tally = new Tally(task)
  for (const share of spread(sized(1, 20), 3)) {
    const arrival = 1 + Math.floor(share * 60)
    const stop = ({ child }: Started) => void child.kill('SIGTERM')
    const verdict = await atArrival(arrival, stop, { codes: [143], partly: true })
    if (verdict.figures.ambiguous > 0) verdict.breaches.push('SIGTERM left calls unknown')
    tally.add(`SIGTERM at call ${arrival}`, verdict)
  }
  tally.judge()
})

test('SIGTERM, and SIGKILL while it drains', async ({ task }) => {
  const tally = new Tally(task)
  for (const share of spread(sized(1, 20), 4)) {
    const arrival = 1 + Math.floor(share * 60)
    const verdict = await atArrival(
      arrival,
      async ({ child, ended }) => {
        child.kill('SIGTERM')
        await Promise.race([delay(share * 40), ended])
        child.kill('SIGKILL')
      },
      { codes: [137, 143], partly: true },
    )
    tally.add(`SIGTERM and SIGKILL from call ${arrival} on`, verdict)
  }
  tally.judge()
})

test('frozen for longer than a call may take: no burst when it wakes, and what timed out is listed', async ({
  task,
}) => {
  const tally = new Tally(task)
  const frozen: WorldOptions = { ...LARGE, flags: ['--timeout', '1s'] }
  for (const share of spread(sized(1, 10), 5)) {
    const arrival = 10 + Math.floor(share * 40)
    const peaks: number[] = []
    const { options, arrived } = onArrival(frozen, arrival)
    const verdict = await survive(options, async (world) => {
      const run = world.start()
      await Promise.race([arrived, run.ended])
      run.child.kill('SIGSTOP')
      await delay(1500)
      run.child.kill('SIGCONT')
      const ended = await run.ended
      peaks.push(world.api.ledger.summary().peakInFlight)
      return ended
    })
    if (peaks.some((peak) => peak > frozen.concurrency)) verdict.breaches.push(`${peaks.join()} calls at once`)
    tally.add(`frozen at call ${arrival}`, verdict)
  }
  tally.judge()
})
