import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { basename } from 'node:path'
import { EXIT } from '../core/errors.js'

/** A closed terminal (SIGHUP) stops a run in order, too. */
const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const

export type StopName = keyof typeof EXIT_CODES

export interface StopSignal {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP; its reason is the exit code. */
  readonly signal: AbortSignal
  /** Removes the handlers: the next signal ends the process. */
  release(): void
}

/** Requests an orderly stop at the first signal; the second signal ends the process at once, as without a handler. */
export function stopSignal(onStop: (name: string) => void = () => undefined): StopSignal {
  const controller = new AbortController()
  const release = onStopSignal((name) => {
    onStop(name)
    controller.abort(EXIT_CODES[name])
  })
  return { signal: controller.signal, release }
}

/** Whether this is a process of the command line. In another program that program decides what signals do. */
let isOwnProcess = false

/** Lets this process handle signals. Call it once, at the start of the command line. */
export function handleSignals(): void {
  isOwnProcess = true
}

/** Whether this process is that of the command line, so that nothing else is done in it. */
export function ownsProcess(): boolean {
  return isOwnProcess
}

/**
 * Calls `handle` at the first signal that stops a program, and restores what the signals do without a handler.
 * Inside another program it does nothing.
 * @returns removes the handlers
 */
export function onStopSignal(handle: (name: StopName) => void): () => void {
  if (!isOwnProcess) return () => undefined
  const names = (Object.keys(EXIT_CODES) as StopName[]).filter((name) => name !== 'SIGHUP' || !ignoresHangup())
  const listener = (name: StopName) => {
    release()
    handle(name)
  }
  const release = () => names.forEach((name) => process.removeListener(name, listener))
  names.forEach((name) => process.on(name, listener))
  return release
}

let decided: boolean | undefined

/**
 * Whether a closed terminal must not stop this process, as after `nohup`, `trap '' HUP` or `setsid`. Node resets ignored
 * signals to their default when it starts, so this process cannot see how it was started. `nohup` leaves no terminal on the
 * three standard streams, and a shell that ignores the signal shows it. If so, the signal is ignored again, from now on.
 */
export function ignoresHangup(): boolean {
  if (decided === undefined) {
    decided = ![0, 1, 2].some((stream) => isatty(stream)) || startedByNohup() || parentIgnoresHangup()
    if (decided) process.on('SIGHUP', () => undefined)
  }
  return decided
}

/** Shells put the path of the command that they start into this variable; `nohup` passes it on. */
function startedByNohup(): boolean {
  return basename(process.env['_'] ?? '') === 'nohup'
}

/** SIGHUP is the lowest bit of the mask. Only Linux shows it. */
function parentIgnoresHangup(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${process.ppid}/status`, 'latin1'))?.[1]
    return mask !== undefined && (Number.parseInt(mask.at(-1)!, 16) & 1) === 1
  } catch {
    return false
  }
}
