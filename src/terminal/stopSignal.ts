import { EXIT } from '../core/errors.js'

/** A closed terminal (SIGHUP) stops a run in order, too. */
const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const

export interface StopSignal {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP; its reason is the exit code. */
  readonly signal: AbortSignal
  /** Removes the handlers: the next signal ends the process. */
  release(): void
}

/** Requests an orderly stop at the first signal; the second signal ends the process at once, as without a handler. */
export function stopSignal(onStop: (name: string) => void = () => undefined): StopSignal {
  const controller = new AbortController()
  const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]
  const handle = (name: keyof typeof EXIT_CODES) => {
    release()
    onStop(name)
    controller.abort(EXIT_CODES[name])
  }
  const release = () => names.forEach((name) => process.removeListener(name, handle))
  names.forEach((name) => process.on(name, handle))
  return { signal: controller.signal, release }
}
