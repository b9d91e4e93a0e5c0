import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { Tally } from './tally.js'
import { survive } from './trial.js'
import { sized, spread } from './size.js'
import { mayMount, withDisk } from './tmpfs.js'
import { filesBelow, SMALL, World, type WorldOptions } from './sandbox.js'

const ROOMY = 256 << 20
/** A page or two more than is there already: less cannot even be started from. */
const SOME = 8192

interface Need {
  readonly before: number
  readonly after: number
  readonly largest: number
}

const needs = new Map<WorldOptions['start'], Promise<Need>>()

/** Bytes of a data folder before and after an undisturbed run, and of its largest file; measured once. */
function needOf(start: WorldOptions['start']): Promise<Need> {
  const measured = needs.get(start) ?? measureNeed({ ...SMALL, start })
  needs.set(start, measured)
  return measured
}

async function measureNeed(options: WorldOptions): Promise<Need> {
  const world = await World.open(options)
  try {
    const sizes = () => filesBelow(world.data).map((path) => statSync(path).size)
    const sum = (all: number[]) => all.reduce((total, size) => total + size, 0)
    const before = sum(sizes())
    await world.runAgain()
    return { before, after: sum(sizes()), largest: Math.max(...sizes()) }
  } finally {
    await world.close()
  }
}

test.for([{ start: 'empty' }, { start: 'published' }] as const)(
  'a disk that fills up, from a folder that is $start',
  async ({ start }, { task, skip }) => {
    if (!(await mayMount())) skip('mounting a file system of a fixed size needs root')
    const tally = new Tally(task)
    const { before, after } = await needOf(start)
    for (const share of spread(sized(1, 20), 8)) {
      const bytes = Math.round(before + SOME + share * (after - before))
      const verdict = await withDisk(bytes, (folder, grow) =>
        survive(
          { ...SMALL, start, data: join(folder, 'data') },
          async (world) => {
            const ended = await world.run()
            grow(ROOMY)
            return ended
          },
          { codes: [7] },
        ),
      )
      tally.add(`a disk of ${bytes} bytes`, verdict)
    }
    tally.judge()
  },
)

test('files that may not grow any more (ulimit -f)', async ({ task }) => {
  const tally = new Tally(task)
  const { largest } = await needOf('empty')
  for (const share of spread(sized(1, 20), 9)) {
    // POSIX counts blocks of 512 bytes.
    const blocks = 1 + Math.floor((share * largest) / 512)
    const through = ['sh', '-c', `ulimit -f ${blocks}; exec "$0" "$@"`]
    const verdict = await survive({ ...SMALL, start: 'empty' }, (world) => world.run({ through }), { codes: [7] })
    tally.add(`files of ${blocks} blocks at most`, verdict)
  }
  tally.judge()
})
