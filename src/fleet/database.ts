import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { LocalError, messageOf, UsageError } from '../core/errors.js'
import { shownAddress } from './shownAddress.js'

/** The schema of our tables. */
export const SCHEMA = 'creator_enrich'

/** Longer than any statement takes that waits for nobody. */
const STATEMENT_MS = 30_000
const LOCK_MS = 10_000
const CONNECT_MS = 10_000
const RECONNECT_MS = 250
const CLOSE_MS = 5_000

/** The queue, the permits and the landed answers of a fleet, in PostgreSQL. */
export interface FleetDatabase {
  /** Host, port and name, for messages: never the user or the password. */
  readonly shown: string
  readonly pool: pg.Pool
  /** @throws LocalError when the database is away or refuses */
  readonly query: FleetQuery
  /** All or nothing. @throws LocalError as `query` */
  transaction<T>(work: (query: FleetQuery) => Promise<T>): Promise<T>
  /** The same, for statements over a whole enqueue, which may take any time. */
  longTransaction<T>(work: (query: FleetQuery) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export type FleetQuery = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>

/** The database cannot be reached, or has ended the connection: the same statement may work later. */
export class DatabaseAway extends LocalError {}

/**
 * Imports a package that a plain installation does not have.
 * @throws UsageError with the command that installs it
 */
export async function loadPeer<T>(name: string, module: Promise<T>): Promise<T> {
  try {
    return await module
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new UsageError(
      `the package ${name} is missing, which only work on several machines needs: \`npm install pg graphile-worker\` beside creator-enrich installs it; nothing was done`,
      { cause },
    )
  }
}

export interface FleetDatabaseOptions {
  /** Connections at most. */
  readonly connections?: number
  /**
   * Whether a connection is waited for while the server is away. Where it is not any more, it neither comes nor fails: the
   * program is about to end. Absent: it fails.
   */
  readonly waits?: () => boolean
}

/**
 * Opens a pool of connections. Nothing is sent yet.
 * @throws UsageError without an address, or when the client is not installed
 */
export async function openFleetDatabase(
  url: string | undefined,
  { connections = 6, waits }: FleetDatabaseOptions = {},
): Promise<FleetDatabase> {
  if (url === undefined)
    throw new UsageError(
      'no database: give --database-url postgres://user@host/name, or set CREATOR_ENRICH_DATABASE_URL, which keeps the password out of the list of processes',
    )
  const shown = shownAddress(url)
  const { default: client } = await loadPeer('pg', import('pg'))
  const pool = new (patientPool(client.Pool, waits))({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    application_name: 'creator-enrich',
    options: `-c search_path=${SCHEMA} -c synchronous_commit=on`,
    keepAlive: true,
  })
  // An idle connection that ends is replaced by the next query.
  pool.on('error', () => undefined)
  // So does one that is cut in use: its statement rejects.
  pool.on('connect', (connection) => connection.on('error', () => undefined))
  const run: FleetQuery = async (sql, values) =>
    rowsOf(await explained(shown, () => pool.query(sql, values as unknown[])))
  return {
    shown,
    pool,
    query: run,
    transaction: (work) => explained(shown, () => inTransaction(pool, work)),
    longTransaction: (work) =>
      explained(shown, () =>
        inTransaction(pool, async (query) => {
          await query('SET LOCAL statement_timeout = 0')
          return work(query)
        }),
      ),
    // A connection that somebody still holds ends with the process.
    close: () => Promise.race([pool.end(), delay(CLOSE_MS, undefined, { ref: false })]),
  }
}

/** The caller knows the columns of its statement. */
function rowsOf<Row>({ rows }: { readonly rows: unknown[] }): Row[] {
  return rows as Row[]
}

/**
 * A pool whose connections may be waited for: the engine does not repeat what it could not send, and a job that it could not
 * complete would end the process.
 */
function patientPool(Pool: typeof pg.Pool, waits: (() => boolean) | undefined): typeof pg.Pool {
  return class extends Pool {
    override connect(): Promise<pg.PoolClient>
    override connect(callback: Parameters<pg.Pool['connect']>[0]): void
    override connect(callback?: Parameters<pg.Pool['connect']>[0]): Promise<pg.PoolClient> | void {
      if (!callback) return this.connected()
      super.connect(callback)
    }

    private async connected(): Promise<pg.PoolClient> {
      for (;;) {
        try {
          return await super.connect()
        } catch (error) {
          if (waits === undefined) throw error
          if (!waits()) return new Promise<never>(() => undefined)
          await delay(RECONNECT_MS)
        }
      }
    }
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (query: FleetQuery) => Promise<T>): Promise<T> {
  const connection = await pool.connect()
  let failure: Error | undefined
  try {
    await connection.query('BEGIN')
    const result = await work(async (sql, values) => rowsOf(await connection.query(sql, values as unknown[])))
    await connection.query('COMMIT')
    return result
  } catch (error) {
    failure = error as Error
    await connection.query('ROLLBACK').then(
      () => (failure = undefined),
      () => undefined,
    )
    throw error
  } finally {
    connection.release(failure)
  }
}

/** SQLSTATE classes and codes after which another connection, or a later attempt, may succeed. */
const AWAY = /^(08|57P0|53|40|55P03|57014|25P03|25P04)/

async function explained<T>(shown: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LocalError || cause instanceof UsageError) throw cause
    const { code = '' } = cause as { code?: string }
    if (code === '57014')
      throw new DatabaseAway(
        `PostgreSQL ${shown}: a statement took longer than ${STATEMENT_MS / 1_000} s, or was cancelled (${messageOf(cause)}): look in pg_stat_activity for what keeps the server busy`,
        { cause },
      )
    if (code === '55P03')
      throw new DatabaseAway(
        `PostgreSQL ${shown}: another session holds a lock for too long (${messageOf(cause)}): look for one that is idle in transaction in pg_stat_activity, and end it`,
        { cause },
      )
    if (isPermanent(code))
      throw new LocalError(
        `PostgreSQL ${shown}: ${messageOf(cause)} (${code}): check the address, the user and the password`,
        {
          cause,
        },
      )
    const isOfServer = /^[0-9A-Z]{5}$/.test(code) && !AWAY.test(code)
    // An SQL error is a bug.
    if (isOfServer) throw cause
    throw new DatabaseAway(
      `PostgreSQL ${shown} cannot be reached: ${messageOf(cause)}; start it, or check the address`,
      {
        cause,
      },
    )
  }
}

/** Wrong user, password, name or rights. */
function isPermanent(code: string): boolean {
  return /^(28|3D|42501)/.test(code)
}
