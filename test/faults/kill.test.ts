import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Ended, Started } from '../support/cli.js'
import { LARGE, Sandbox, type SandboxOptions, useSandboxes } from './sandbox.js'
import { sample, spread } from './size.js'
import { Tally } from './tally.js'
import { compareWith, runTrial, type Verdict } from './trial.js'

useSandboxes()

/** Seconds of an undisturbed run, from the start of its process. */
async function secondsOf(options: SandboxOptions): Promise<number> {
  const sandbox = await Sandbox.open(options)
  try {
    const began = performance.now()
    const { code } = await sandbox.run()
    const seconds = (performance.now() - began) / 1000
    expect(code).toBe(0)
    await compareWith(sandbox)
    return seconds
  } finally {
    await sandbox.close()
  }
}

/** `arrived` resolves when this many calls have arrived; the run may end before. */
function onArrival(options: SandboxOptions, arrival: number): { options: SandboxOptions; arrived: Promise<void> } {
  let resolveArrived!: () => void
  const arrived = new Promise<void>((resolve) => (resolveArrived = resolve))
  const before = (call: { arrival: number }) => {
    if (call.arrival === arrival) resolveArrived()
    return undefined
  }
  return { options: { ...options, api: { ...options.api, before } }, arrived }
}

/** A trial that acts on the run as soon as this many of its calls have arrived. */
async function atArrival(
  arrival: number,
  act: (run: Started) => Promise<void> | void,
  expected: Parameters<typeof runTrial>[2],
  given: SandboxOptions = LARGE,
): Promise<Verdict> {
  const { options, arrived } = onArrival(given, arrival)
  return runTrial(
    options,
    async (sandbox): Promise<Ended> => {
      const run = sandbox.start()
      await Promise.race([arrived, run.ended])
      await act(run)
      return run.ended
    },
    expected,
  )
}

test('SIGKILL at random moments of the run', async ({ task }) => {
  const tally = new Tally(task)
  let seconds = await secondsOf(LARGE)
  for (const share of spread(sample(1, 200), 1)) {
    const after = share * seconds
    let lasted = 0
    const verdict = await runTrial(LARGE, async (sandbox) => {
      const began = performance.now()
      const run = sandbox.start()
      await Promise.race([delay(after * 1000), run.ended])
      lasted = (performance.now() - began) / 1000
      run.child.kill('SIGKILL')
      return run.ended
    })
    tally.add(`killed after ${after.toFixed(2)} of ${seconds.toFixed(2)} s`, verdict)
    // A run that ended before the kill gives a better estimate of the duration.
    seconds = lasted < after ? lasted : seconds
  }
  tally.judge()
})

test('SIGKILL as a call arrives, when most calls are in flight', async ({ task }) => {
  const tally = new Tally(task)
  for (const share of spread(sample(1, 40), 2)) {
    const arrival = 1 + Math.floor(share * (LARGE.ids.length - 4))
    const kill = ({ child }: Started) => void child.kill('SIGKILL')
    tally.add(`killed at call ${arrival}`, await atArrival(arrival, kill, {}))
  }
  tally.judge()
})

test('SIGTERM: the run waits for calls in flight, and no call is ambiguous', async ({ task }) => {
  const tally = new Tally(task)
  for (const share of spread(sample(1, 20), 3)) {
    const arrival = 1 + Math.floor(share * 60)
    const stop = ({ child }: Started) => void child.kill('SIGTERM')
    const verdict = await atArrival(arrival, stop, { codes: [143], partly: true })
    if (verdict.figures.ambiguous > 0) verdict.breaches.push('SIGTERM left ambiguous calls')
    tally.add(`SIGTERM at call ${arrival}`, verdict)
  }
  tally.judge()
})

test('SIGTERM, then SIGKILL while the run waits for calls in flight', async ({ task }) => {
  const tally = new Tally(task)
  for (const share of spread(sample(1, 20), 4)) {
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

test('a process suspended for longer than --timeout: no burst after it, and timed-out calls are listed', async ({
  task,
}) => {
  const tally = new Tally(task)
  const suspended: SandboxOptions = { ...LARGE, flags: ['--timeout', '1s'] }
  for (const share of spread(sample(1, 10), 5)) {
    const arrival = 10 + Math.floor(share * 40)
    const peaks: number[] = []
    const { options, arrived } = onArrival(suspended, arrival)
    const verdict = await runTrial(options, async (sandbox) => {
      const run = sandbox.start()
      await Promise.race([arrived, run.ended])
      run.child.kill('SIGSTOP')
      await delay(1500)
      run.child.kill('SIGCONT')
      const ended = await run.ended
      peaks.push(sandbox.api.ledger.summary().peakInFlight)
      return ended
    })
    if (peaks.some((peak) => peak > suspended.concurrency)) verdict.breaches.push(`${peaks.join()} calls at once`)
    tally.add(`suspended at call ${arrival}`, verdict)
  }
  tally.judge()
})
