// Who takes part in `make bench`. A unit has a folder of its own, and its steps follow each other in it: a second run needs
// what the first one stored.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Step
 * @property {string} key For `--only`.
 * @property {'job' | 'again' | 'replay' | 'start'} table
 * @property {string} name
 * @property {string[]} command
 * @property {number} [calls] How many calls the simulator must have seen.
 * @property {string} [database] Where the table of creators must be at the end, for each id a row.
 * @property {number} [night] The night in which the simulator answers: 0 by default.
 * @property {string} [writes] What is left at the end.
 * @property {'yes' | 'no'} [durable] Whether each answer is on disk before anything follows from it.
 *
 * @typedef {object} Unit
 * @property {string} [skipped] Why it cannot take part.
 * @property {string[]} [versions] Of its libraries.
 * @property {(folder: string) => Step[]} steps
 */

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const cli = at('../../dist/src/cli.js')
const node = process.execPath
const packages = JSON.parse(readFileSync(at('../../package.json'), 'utf8')).dependencies

/**
 * @param {{ url: string, ids: number, list: string, small: string, columns: string, bodies: string, peers: string, concurrency: number }} job
 * @returns {Unit[]}
 */
export function contestants({ url, ids, list, small, columns, bodies, peers, concurrency }) {
  const job = (folder) => [url, list, folder, columns]
  const lands = { calls: ids, database: 'creators.duckdb' }

  /** A unit with one step of the common job. */
  const peer = (key, name, command, writes) => ({
    steps: (folder) => [
      {
        key,
        table: /** @type {const} */ ('job'),
        name,
        command: command(folder),
        writes,
        durable: /** @type {const} */ ('no'),
        ...lands,
      },
    ],
  })
  /** Skips the unit where one of its environments is missing. */
  const installed = (environments, unit) => {
    const files = environments.map((environment) => join(peers, environment, 'installed'))
    if (!files.every((file) => existsSync(file))) return { ...unit, skipped: 'not installed' }
    const pins = files.flatMap((file) => readFileSync(file, 'utf8').trim().split(' '))
    return { ...unit, versions: pins.map((pin) => pin.replace(/(\[.*\])?==|@(?=\d)/, ' ')) }
  }
  const python = (environment, key, name, script, writes, ...args) =>
    installed(
      [environment],
      peer(
        key,
        name,
        (folder) => [join(peers, environment, 'bin/python'), at(`peers/${script}`), ...job(folder), ...args],
        writes,
      ),
    )
  const crawlee = (storage, name) =>
    installed(
      ['crawlee'],
      peer(
        `crawlee-${storage}`,
        name,
        (folder) => [node, at('peers/crawlee.mjs'), ...job(folder), peers, storage],
        'DuckDB, CSV',
      ),
    )

  const enrich = (folder, input, ...args) => [
    ...[node, cli, 'run', input, '--api', url, '--data', join(folder, 'data')],
    ...['--concurrency', String(concurrency), '--quiet', ...args],
  ]
  const everything = 'DuckDB with history, 3 CSV, Parquet, raw/'
  const data = { database: 'data/creators.duckdb' }
  const chain = ['csv-parse', 'p-limit', 'p-retry', 'ofetch', 'zod', '@duckdb/node-api', 'csv-stringify']

  return [
    {
      steps: () => [
        {
          key: 'lean',
          table: 'job',
          name: 'lean client: the body parsed, nothing kept',
          command: [node, at('minimalClient.mjs'), url, list, String(concurrency)],
          calls: ids,
          writes: 'nothing',
          durable: 'no',
        },
      ],
      versions: [`undici ${packages.undici}`],
    },
    python('aiohttp', 'aiohttp', 'aiohttp and DuckDB, Arrow', 'aiohttpDuckdb.py', 'DuckDB, CSV'),
    python('dlt', 'dlt-arrow', 'dlt, Arrow', 'dltDuckdb.py', 'DuckDB', 'arrow'),
    python('dlt', 'dlt-nested', 'dlt, nested tables', 'dltDuckdb.py', 'DuckDB with child tables', 'nested'),
    installed(
      ['singer-tap', 'singer-target'],
      peer(
        'singer',
        'Singer SDK and target-duckdb',
        (folder) => ['bash', at('peers/singer.sh'), ...job(folder), peers],
        'DuckDB',
      ),
    ),
    {
      ...peer(
        'chain',
        'plain chain of the same libraries',
        (folder) => [node, at('peers/chain.mjs'), ...job(folder)],
        'DuckDB, CSV',
      ),
      versions: chain.map((name) => `${name} ${packages[name]}`),
    },
    crawlee('memory', 'Crawlee, in memory'),
    crawlee('disk', 'Crawlee, persistent list'),
    python('scrapy', 'scrapy', 'Scrapy', 'scrapySpider.py', 'DuckDB, CSV'),
    {
      steps: (folder) => [
        {
          key: 'enrich',
          table: 'job',
          name: '**creator-enrich**',
          command: enrich(folder, list),
          calls: ids,
          writes: `${everything}, report`,
          durable: 'yes',
          ...data,
        },
        ...['fresh', 'fresh-again'].map((key, index) => ({
          key,
          table: /** @type {const} */ ('again'),
          name: `all fresh, no calls: ${index === 0 ? 'first' : 'second'} run after the fetch`,
          command: enrich(folder, list),
          calls: 0,
          ...data,
        })),
        {
          key: 'replay',
          table: 'replay',
          name: '`replay`',
          command: [node, cli, 'replay', '--data', join(folder, 'data'), '--quiet'],
          calls: 0,
          ...data,
        },
        {
          key: 'night',
          table: 'again',
          name: 'second night: all fetched again, counters grown',
          command: enrich(folder, list, '--max-age', '0s'),
          calls: ids,
          night: 1,
          ...data,
        },
      ],
    },
    {
      steps: (folder) => [
        {
          key: 'enrich-no-report',
          table: 'job',
          name: '**creator-enrich** `--no-report`',
          command: enrich(folder, list, '--no-report'),
          calls: ids,
          writes: everything,
          durable: 'yes',
          ...data,
        },
      ],
    },
    {
      steps: (folder) => [
        {
          key: 'read-json',
          table: 'replay',
          name: "DuckDB's `read_json`, one thread",
          command: [node, at('readJson.mjs'), '', bodies, folder, columns],
          calls: 0,
          database: 'creators.duckdb',
        },
      ],
    },
    { steps: () => [{ key: 'node', table: 'start', name: '`node -e 0`', command: [node, '-e', '0'] }] },
    { steps: () => [{ key: 'help', table: 'start', name: '`--help`', command: [node, cli, '--help'] }] },
    {
      steps: (folder) => [
        { key: 'small', table: 'start', name: 'a run of 60 ids', command: enrich(folder, small), calls: 60 },
      ],
    },
  ]
}
