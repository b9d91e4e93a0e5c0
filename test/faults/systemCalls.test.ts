import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { Tally } from './tally.js'
import { survive } from './trial.js'
import { LONG } from './size.js'
import { SMALL } from './sandbox.js'

const KILL = 'signal=SIGKILL'
const NAMES = 'rename,unlink,link,symlink,ftruncate,copy_file_range'

/** Whether the system calls of another process can be tampered with here. */
function canInject(): boolean {
  try {
    execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The seam of `failAt.mjs` sees Node's operations; this sees DuckDB's as well, and is slower. */
const WHY_NOT = !LONG
  ? 'only in the long form (make soak)'
  : canInject()
    ? undefined
    : 'strace is not there, or may not trace'

/**
 * At the N-th of these calls of any thread, for N = 1, 2, 3 … until a run is untouched. One thread for all of Node's file
 * operations: strace counts each thread by itself. (With --seccomp-bpf it counts wrongly.)
 */
test.for<{ calls: string; fault: string; codes: number[] }>([
  { calls: 'pwrite64,pwritev', fault: KILL, codes: [137] },
  { calls: 'fsync,fdatasync', fault: KILL, codes: [137] },
  { calls: NAMES, fault: KILL, codes: [137] },
  { calls: 'pwrite64,pwritev', fault: 'error=EIO', codes: [7] },
  { calls: 'pwrite64,pwritev', fault: 'error=ENOSPC', codes: [7] },
  { calls: 'fsync,fdatasync', fault: 'error=EIO', codes: [7] },
  { calls: 'rename,link,symlink', fault: 'error=EIO', codes: [7] },
])('$fault at the N-th $calls', async ({ calls, fault, codes }, { task, skip }) => {
  if (WHY_NOT) skip(WHY_NOT)
  const tally = new Tally(task)
  const last = { touched: true }
  for (let n = 1; last.touched; n += 1) {
    const verdict = await survive(
      SMALL,
      async (world) => {
        const log = join(world.folder, 'strace')
        const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:${fault}:when=${n}`]
        const ended = await world.run({
          through: ['strace', '-f', '-qq', '-o', log, ...inject],
          env: { UV_THREADPOOL_SIZE: '1' },
        })
        last.touched = ended.code !== 0 || (existsSync(log) && readFileSync(log, 'utf8').includes('INJECTED'))
        return ended
      },
      { codes },
    )
    tally.add(`the ${n}th`, verdict)
  }
  tally.judge()
})
