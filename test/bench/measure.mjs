// What one command costs: wall seconds, processor seconds and peak memory, each of the process with all its descendants.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100
const SAMPLE_MS = 100

/** @typedef {{ wall: number, processor?: number, peakMb?: number }} Cost Processor and memory are known on Linux only. */

/**
 * Runs a command to its end.
 * @param {string[]} command
 * @returns {Promise<Cost>}
 * @throws it ended with another exit code than 0: the end of what it wrote to stderr
 */
export async function measure([program, ...args], env) {
  const before = secondsOfEnded()
  const began = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let peakMb = 0
  const sampling = setInterval(() => (peakMb = Math.max(peakMb, treeMb(child.pid))), SAMPLE_MS)
  let errors = ''
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-2_000)))
  const ended = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? code))
  }).finally(() => clearInterval(sampling))
  const wall = (performance.now() - began) / 1000
  if (ended !== 0) throw new Error(`${program} ${args[0]} ended with ${ended}: ${errors.trim().split('\n').pop()}`)
  const after = secondsOfEnded()
  return {
    wall,
    ...(before !== undefined && after !== undefined ? { processor: after - before } : {}),
    ...(peakMb > 0 ? { peakMb } : {}),
  }
}

/** Processor seconds of the descendants of this process that have ended. The simulator is one that has not. */
function secondsOfEnded() {
  const stat = readText('/proc/self/stat')
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS
}

/** The high-water marks of a process and its living descendants. */
function treeMb(pid) {
  const status = readText(`/proc/${pid}/status`)
  const own = Number(/^VmHWM:\s+(\d+) kB/m.exec(status ?? '')?.[1] ?? 0) / 1024
  return own + childrenOf(pid).reduce((total, child) => total + treeMb(child), 0)
}

function childrenOf(pid) {
  let tasks
  try {
    tasks = readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
  return tasks.flatMap((task) => (readText(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean))
}

/** Undefined if the process has just ended, or the system is not Linux. */
function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
