import { url as debuggerUrl } from 'node:inspector'
import { isMainThread, Worker } from 'node:worker_threads'

/**
 * Does work that runs functions of somebody else. Work that takes too long is given up.
 * @param breaksOff whether a loop without an end, which lets no timer of this thread fire, is broken off: only where the process is
 * ours, because whatever else is executed then ends, too
 * @throws what `late` returns, if the work takes longer
 */
export async function withTimeLimit<T>(
  ms: number,
  late: () => Error,
  work: () => Promise<T>,
  breaksOff: boolean,
): Promise<T> {
  const watchdog = breaksOff ? await startWatchdog(ms) : undefined
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    // In a task of its own, because breaking off a loop ends all functions that are being executed.
    const done = Promise.resolve().then(work)
    return await Promise.race([done, expired])
  } finally {
    clearTimeout(timer)
    await watchdog?.stop()
  }
}

/** The watchdog looks so often whether the main thread does anything, and gives it so long after the limit. */
const BEAT_MS = 100
const STILL_MS = 500

/**
 * Only another thread can break off a loop, and only as a debugger. It does so where the main thread, over the limit, has not
 * moved for a while: one that moves gives the work up by itself, also after the whole process stood still.
 */
const WATCHDOG = `
const { Session } = require('node:inspector')
const { beats, ms, still } = require('node:worker_threads').workerData
let last
setTimeout(function look() {
  const now = Atomics.load(beats, 0)
  if (now !== last) {
    last = now
    setTimeout(look, still)
    return
  }
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.terminateExecution', () => session.disconnect())
}, ms)`

/** @returns undefined where there can be none: then a loop without an end goes on */
async function startWatchdog(ms: number): Promise<{ stop(): Promise<unknown> } | undefined> {
  // Who stands at a breakpoint must not be interrupted.
  if (!isMainThread || debuggerUrl() !== undefined) return undefined
  const beats = new Int32Array(new SharedArrayBuffer(4))
  try {
    const workerData = { beats, ms, still: STILL_MS }
    const worker = new Worker(WATCHDOG, { eval: true, workerData, execArgv: [], env: {} })
    await new Promise<void>((resolve) => worker.once('online', resolve).once('error', resolve).once('exit', resolve))
    worker.on('error', () => undefined).unref()
    const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref()
    return {
      stop() {
        clearInterval(beat)
        // The thread that stops it is moving.
        Atomics.add(beats, 0, 1)
        return worker.terminate()
      },
    }
  } catch {
    return undefined
  }
}
