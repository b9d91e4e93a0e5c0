import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.js'

const run = promisify(execFile)
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const bench = async (...args: string[]) => {
  const env = { ...process.env, CREATOR_ENRICH_PEERS: join(temporaryFolder(), 'none') }
  return run(process.execPath, [at('bench.mjs'), ...args], { env })
}

test('make bench measures, checks what has landed, and names the peers that are not installed', async () => {
  const page = readFileSync(at('../../docs/benchmarks.md'), 'utf8')
  const { stdout } = await bench(
    '--ids',
    '50',
    '--rounds',
    '2',
    '--only',
    'lean,chain,scrapy,enrich,fresh,read-json,node',
  )
  const cells = new Map(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name, ...rest]) => [name!, rest]),
  )
  for (const name of ['plain chain of the same libraries', '**creator-enrich**', "DuckDB's `read_json`, one thread"]) {
    expect(Number(cells.get(name)?.[0]), name).toBeGreaterThan(0)
  }
  expect(Number(cells.get('plain chain of the same libraries')?.[4])).toBeGreaterThan(0)
  expect(cells.get('**creator-enrich**')?.[4]).toBe('1')
  expect(cells.get('Scrapy')?.[0]).toBe('skipped: not installed')
  expect(cells.has('`replay`')).toBe(false)
  expect(readFileSync(at('../../docs/benchmarks.md'), 'utf8')).toBe(page)
})

test('a key that does not exist is an error with all keys', async () => {
  await expect(bench('--only', 'leen')).rejects.toThrow(/--only leen: the keys are .*lean, .*flow/)
})
