import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import type { Ended } from '../support/cli.js'
import { Tally } from './tally.js'
import { survive } from './trial.js'
import { sized, stride } from './size.js'
import { SMALL, World, type FailAt, type WorldOptions } from './sandbox.js'

type Fault = Pick<FailAt, 'how' | 'only'>

/** In the long form, at so many operations of a run, evenly spread. */
const POINTS = Number(process.env['POINTS'] ?? 60)

const WRITES = ['write', 'writev', 'writeFile', 'appendFile']
const SYNCS = ['sync', 'datasync']
const NAMES = ['rename', 'symlink', 'link', 'rm', 'unlink', 'copyFile']
/** On the first run of a folder all that is below it must become durable, too. */
const FIRST: WorldOptions = { ...SMALL, start: 'empty' }

type Counts = Readonly<Record<string, number>>

/** How many operations a run has, when this has been done in its world before. */
async function countOperations(options: WorldOptions, before?: (world: World) => Promise<Ended>): Promise<Counts> {
  const world = await World.open(options)
  try {
    await before?.(world)
    const count = join(world.folder, 'operations')
    await world.run({ failAt: { at: 0, how: 'kill', count } })
    return JSON.parse(readFileSync(count, 'utf8')) as Counts
  } finally {
    await world.close()
  }
}

const known = new Map<WorldOptions, Promise<Counts>>()

/** How many operations of these kinds an undisturbed run has. */
async function operationsIn(options: WorldOptions, { only }: Fault): Promise<number> {
  const counting = known.get(options) ?? countOperations(options)
  known.set(options, counting)
  return sum(await counting, only)
}

function sum(counts: Counts, only?: readonly string[]): number {
  return (only ?? Object.keys(counts)).reduce((total, name) => total + (counts[name] ?? 0), 0)
}

describe('the N-th operation on files', () => {
  test.for<{ what: string; fault: Fault; world: WorldOptions; codes: number[]; points: number }>([
    { what: 'dies before it', fault: { how: 'kill' }, world: SMALL, codes: [137], points: 1 },
    { what: 'dies in the middle of it', fault: { how: 'torn' }, world: SMALL, codes: [137], points: 1 },
    { what: 'dies with names', fault: { how: 'kill', only: NAMES }, world: SMALL, codes: [137], points: 1 },
    {
      what: 'loses its power among calls',
      fault: { how: 'power', only: ['datasync'] },
      world: SMALL,
      codes: [137],
      points: 1,
    },
    { what: 'loses its power on a first run', fault: { how: 'power' }, world: FIRST, codes: [137], points: 1 },
    { what: 'a short write', fault: { how: 'short', only: ['writev'] }, world: SMALL, codes: [7], points: 1 },
    { what: 'EIO from a write', fault: { how: 'EIO', only: WRITES }, world: SMALL, codes: [7], points: 1 },
    { what: 'ENOSPC from a write', fault: { how: 'ENOSPC', only: WRITES }, world: SMALL, codes: [7], points: 1 },
    { what: 'EIO from a sync', fault: { how: 'EIO', only: SYNCS }, world: SMALL, codes: [7], points: 1 },
    { what: 'EIO from a name', fault: { how: 'EIO', only: NAMES }, world: SMALL, codes: [7], points: 1 },
  ])('$what', async ({ fault, world: options, codes, points }, { task }) => {
    const tally = new Tally(task)
    const last = await operationsIn(options, fault)
    for (const at of stride(last, sized(points, POINTS))) {
      const verdict = await survive(options, (world) => world.run({ failAt: { at, ...fault } }), { codes })
      tally.add(`operation ${at} of ${last}`, verdict)
    }
    tally.judge()
  })
})

test('a run that recovers from a crash dies in its turn', async ({ task }) => {
  const tally = new Tally(task)
  // In the middle of the calls: some are answered, some are in flight.
  const crash = (world: World) => world.run({ failAt: { at: 8, how: 'torn', only: WRITES } })
  const last = sum(await countOperations(SMALL, crash))
  for (const at of stride(last, sized(1, POINTS))) {
    const verdict = await survive(SMALL, async (world) => [
      await crash(world),
      await world.run({ failAt: { at, how: at % 2 === 0 ? 'torn' : 'power' } }),
    ])
    tally.add(`operation ${at} of ${last} of the second run`, verdict)
  }
  tally.judge()
})
