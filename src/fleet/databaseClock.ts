import type { Effects } from '../core/effects.js'
import { timeIn } from '../terminal/progress.js'
import type { FleetDatabase } from './database.js'

/** A clock that differs by more gets a warning; the database's counts in any case. */
const WARNED_MS = 2_000

/** The wall clock of the database, so that the times of all workers can be compared. */
export class DatabaseClock {
  private offsetMs = 0

  constructor(private readonly own: Pick<Effects, 'now' | 'log'>) {}

  now(): number {
    return this.own.now() + this.offsetMs
  }

  /** Compares the own clock with that of the database. @throws LocalError when the database is away */
  async read({ query }: FleetDatabase): Promise<void> {
    const { own } = this
    const before = own.now()
    const [row] = await query<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now')
    const offset = Math.round(row!.now - (before + own.now()) / 2)
    if (Math.abs(offset) > WARNED_MS && Math.abs(this.offsetMs) <= WARNED_MS)
      own.log(
        'warn',
        `the clock of this machine differs from that of PostgreSQL by ${timeIn(Math.abs(offset))}, which is used: set the clock (\`timedatectl set-ntp true\`)`,
        'worker_clock',
        { offset_ms: offset },
      )
    this.offsetMs = offset
  }
}
