import { readdirSync } from 'node:fs'
import type { Layout } from './layout.js'
import { readStatus, type RunStatus } from './runStatus.js'

/** What goes on in a data folder, as far as one can tell without its lock. */
export interface RunState {
  /** Of the run that is on, or of the last one; undefined where none has left any. */
  readonly status: RunStatus | undefined
  readonly isOn: boolean
  /** The last run left calls that no table has yet: the next run loads them first. */
  readonly isCutOff: boolean
}

export function readRunState({ status: path, journal }: Layout): RunState {
  const status = readStatus(path)
  const isOn = status !== undefined && !['finished', 'interrupted'].includes(status.phase)
  return { status, isOn, isCutOff: !isOn && (status?.phase === 'interrupted' || hasSegments(journal)) }
}

function hasSegments(journal: string): boolean {
  try {
    return readdirSync(journal).some((name) => name.endsWith('.journal'))
  } catch {
    return false
  }
}
