import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Ended } from '../support/cli.js'
import { SMALL, Sandbox, type FailAt, type SandboxOptions, useSandboxes } from './sandbox.js'
import { sample, stride } from './size.js'
import { Tally } from './tally.js'
import { compareWith, runTrial } from './trial.js'

useSandboxes()

type Fault = Pick<FailAt, 'how' | 'only'>

/** The long form tries this many operations of a run, evenly spread. */
const POINTS = 60

const WRITES = ['write', 'writev', 'writeFile', 'appendFile']
const SYNCS = ['sync', 'datasync']
const NAMES = ['rename', 'symlink', 'link', 'rm', 'unlink', 'copyFile']
/** The first run in a folder must also make the new folders durable. */
const FIRST: SandboxOptions = { ...SMALL, start: 'empty' }

type Counts = Readonly<Record<string, number>>

/** The number of operations of a run, by name; `before` prepares its sandbox. */
async function countOperations(
  options: SandboxOptions,
  before?: (sandbox: Sandbox) => Promise<Ended>,
): Promise<Counts> {
  const sandbox = await Sandbox.open(options)
  try {
    await before?.(sandbox)
    const count = join(sandbox.folder, 'operations')
    const { code } = await sandbox.run({ failAt: { at: 0, how: 'kill', count } })
    expect(code).toBe(0)
    if (!before) await compareWith(sandbox)
    return JSON.parse(readFileSync(count, 'utf8')) as Counts
  } finally {
    await sandbox.close()
  }
}

const known = new Map<SandboxOptions, Promise<Counts>>()

/** The number of operations of these kinds in an undisturbed run. */
async function operationsIn(options: SandboxOptions, { only }: Fault): Promise<number> {
  const counting = known.get(options) ?? countOperations(options)
  known.set(options, counting)
  return sum(await counting, only)
}

function sum(counts: Counts, only?: readonly string[]): number {
  return (only ?? Object.keys(counts)).reduce((total, name) => total + (counts[name] ?? 0), 0)
}

describe('the N-th operation on files', () => {
  test.for<{ what: string; fault: Fault; sandbox: SandboxOptions; codes: number[]; points: number }>([
    { what: 'the process dies before it', fault: { how: 'kill' }, sandbox: SMALL, codes: [137], points: 1 },
    { what: 'the process dies during it', fault: { how: 'torn' }, sandbox: SMALL, codes: [137], points: 1 },
    {
      what: 'the process dies before a change of names',
      fault: { how: 'kill', only: NAMES },
      sandbox: SMALL,
      codes: [137],
      points: 1,
    },
    {
      what: 'power loss during the calls',
      fault: { how: 'power', only: ['datasync'] },
      sandbox: SMALL,
      codes: [137],
      points: 1,
    },
    { what: 'power loss on a first run', fault: { how: 'power' }, sandbox: FIRST, codes: [137], points: 1 },
    { what: 'a short write', fault: { how: 'short', only: ['writev'] }, sandbox: SMALL, codes: [7], points: 1 },
    { what: 'EIO from a write', fault: { how: 'EIO', only: WRITES }, sandbox: SMALL, codes: [7], points: 1 },
    { what: 'ENOSPC from a write', fault: { how: 'ENOSPC', only: WRITES }, sandbox: SMALL, codes: [7], points: 1 },
    { what: 'EIO from a sync', fault: { how: 'EIO', only: SYNCS }, sandbox: SMALL, codes: [7], points: 1 },
    { what: 'EIO from a change of names', fault: { how: 'EIO', only: NAMES }, sandbox: SMALL, codes: [7], points: 1 },
  ])('$what', async ({ fault, sandbox: options, codes, points }, { task }) => {
    const tally = new Tally(task)
    const last = await operationsIn(options, fault)
    for (const at of stride(last, sample(points, POINTS))) {
      const verdict = await runTrial(options, (sandbox) => sandbox.run({ failAt: { at, ...fault } }), { codes })
      tally.add(`operation ${at} of ${last}`, verdict)
    }
    tally.judge()
  })
})

test('a run that recovers from a crash dies too', async ({ task }) => {
  const tally = new Tally(task)
  // During the calls: some are answered, some are in flight.
  const crash = (sandbox: Sandbox) => sandbox.run({ failAt: { at: 8, how: 'torn', only: WRITES } })
  const last = sum(await countOperations(SMALL, crash))
  for (const at of stride(last, sample(1, POINTS))) {
    const verdict = await runTrial(SMALL, async (sandbox) => [
      await crash(sandbox),
      await sandbox.run({ failAt: { at, how: at % 2 === 0 ? 'torn' : 'power' } }),
    ])
    tally.add(`operation ${at} of ${last} of the second run`, verdict)
  }
  tally.judge()
})
