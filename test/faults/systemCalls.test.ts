import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { SMALL, useSandboxes } from './sandbox.js'
import { LONG, STEP } from './size.js'
import { Tally } from './tally.js'
import { runTrial } from './trial.js'

useSandboxes()

const KILL = 'signal=SIGKILL'
const NAMES = 'rename,unlink,link,symlink,ftruncate,copy_file_range'

/** Whether strace can trace another process on this machine. */
function canInject(): boolean {
  try {
    execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** `failAt.mjs` reaches only Node's operations; strace also reaches DuckDB's, and is slower. */
const SKIP_REASON = !LONG
  ? 'runs only in the long form (make soak)'
  : canInject()
    ? undefined
    : 'strace is not installed, or is not allowed to trace'

/**
 * Injects the fault at the N-th of these system calls, for N = 1, 2, 3 … until a run has no fault. strace counts each thread
 * on its own, so Node gets one thread for all operations on files. (With --seccomp-bpf strace counts wrongly.)
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
  if (SKIP_REASON) skip(SKIP_REASON)
  const tally = new Tally(task)
  const last = { injected: true }
  for (let n = 1; last.injected; n += STEP) {
    const verdict = await runTrial(
      SMALL,
      async (sandbox) => {
        const log = join(sandbox.folder, 'strace')
        const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:${fault}:when=${n}`]
        const ended = await sandbox.run({
          through: ['strace', '-f', '-qq', '-o', log, ...inject],
          env: { UV_THREADPOOL_SIZE: '1' },
        })
        last.injected = ended.code !== 0 || (existsSync(log) && readFileSync(log, 'utf8').includes('INJECTED'))
        return ended
      },
      { codes },
    )
    tally.add(`the ${n}th`, verdict)
  }
  tally.judge()
})
