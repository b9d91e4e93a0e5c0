import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow, SMALL, Sandbox, type SandboxOptions, useSandboxes } from './sandbox.js'
import { sample, spread } from './size.js'
import { Tally } from './tally.js'
import { mayMount, withDisk } from './tmpfs.js'
import { compareWith, runTrial } from './trial.js'

useSandboxes()

/** Bytes; enough for any run. */
const LARGE_DISK = 256 << 20
/** Two pages more than the folder already has: a run cannot start with less. */
const SPARE_BYTES = 8192

interface DiskUse {
  readonly before: number
  readonly after: number
  readonly largest: number
}

const diskUses = new Map<SandboxOptions['start'], Promise<DiskUse>>()

/** Bytes of a data folder before and after an undisturbed run, and of its largest file. Measured once for each start. */
function diskUseOf(start: SandboxOptions['start']): Promise<DiskUse> {
  const measured = diskUses.get(start) ?? measureDiskUse({ ...SMALL, start })
  diskUses.set(start, measured)
  return measured
}

async function measureDiskUse(options: SandboxOptions): Promise<DiskUse> {
  const sandbox = await Sandbox.open(options)
  try {
    const sizes = () => filesBelow(sandbox.data).map((path) => statSync(path).size)
    const sum = (all: number[]) => all.reduce((total, size) => total + size, 0)
    const before = sum(sizes())
    expect((await sandbox.runAgain()).code).toBe(0)
    await compareWith(sandbox)
    return { before, after: sum(sizes()), largest: Math.max(...sizes()) }
  } finally {
    await sandbox.close()
  }
}

test.for([{ start: 'empty' }, { start: 'published' }] as const)(
  'a disk that fills up; the data folder is $start at the start',
  async ({ start }, { task, skip }) => {
    if (!(await mayMount())) skip('only root can mount a file system of a fixed size')
    const tally = new Tally(task)
    const { before, after } = await diskUseOf(start)
    for (const share of spread(sample(1, 20), 8)) {
      const bytes = Math.round(before + SPARE_BYTES + share * (after - before))
      const verdict = await withDisk(bytes, (folder, grow) =>
        runTrial(
          { ...SMALL, start, data: join(folder, 'data') },
          async (sandbox) => {
            const ended = await sandbox.runHere()
            grow(LARGE_DISK)
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

test('a limit on the size of files (ulimit -f)', async ({ task }) => {
  const tally = new Tally(task)
  const { largest } = await diskUseOf('empty')
  for (const share of spread(sample(1, 20), 9)) {
    // `ulimit -f` counts blocks of 512 bytes in POSIX shells.
    const blocks = 1 + Math.floor((share * largest) / 512)
    const through = ['sh', '-c', `ulimit -f ${blocks}; exec "$0" "$@"`]
    const verdict = await runTrial({ ...SMALL, start: 'empty' }, (sandbox) => sandbox.run({ through }), { codes: [7] })
    tally.add(`files of ${blocks} blocks at most`, verdict)
  }
  tally.judge()
})
