import { isMainThread, Worker } from 'node:worker_threads'

/**
 * Does work that runs functions of somebody else. Work that takes too long is given up. A loop without an end, which lets no
 * timer of this thread fire, is broken off.
 * @throws what `late` returns, if the work takes longer
 */
export async function withTimeLimit<T>(ms: number, late: () => Error, work: () => Promise<T>): Promise<T> {
  const watchdog = await startWatchdog(ms)
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
    await watchdog?.terminate()
  }
}

/** So much later than the timer of this thread. */
const MARGIN_MS = 500

/** Only another thread can break off a loop, and only as a debugger. */
const WATCHDOG = `
const { Session } = require('node:inspector')
setTimeout(() => {
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.terminateExecution', () => session.disconnect())
}, require('node:worker_threads').workerData)`

/** @returns undefined where there can be none: then a loop without an end goes on */
async function startWatchdog(ms: number): Promise<Worker | undefined> {
  if (!isMainThread) return undefined
  try {
    const worker = new Worker(WATCHDOG, { eval: true, workerData: ms + MARGIN_MS, execArgv: [], env: {} })
    await new Promise<void>((resolve) => worker.once('online', resolve).once('error', resolve).once('exit', resolve))
    worker.on('error', () => undefined).unref()
    return worker
  } catch {
    return undefined
  }
}
