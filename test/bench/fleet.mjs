/**
 * Ids a second at latency 0: one machine, then a fleet of one and of two workers, in one run.
 * `BENCH_DATABASE_URL=postgres://… node test/bench/fleet.mjs [ids]`, with an empty database; `make build` comes first.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const url = process.env.BENCH_DATABASE_URL
if (!url) throw new Error('BENCH_DATABASE_URL: the address of an empty database')
const ids = Number(process.argv[2] ?? 4_000)
const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))
const env = { ...process.env, CREATOR_ENRICH_DATABASE_URL: url, JUSTONEAPI_TOKEN: 'bench-token-0' }

/** @returns what it printed, and its seconds */
function command(...args) {
  const started = performance.now()
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0
        ? resolve({ text, seconds: (performance.now() - started) / 1000 })
        : reject(new Error(`${args.join(' ')}: exit ${code}`)),
    )
  })
}

const simulate = spawn(process.execPath, [cli, 'simulate', '--counts'], { stdio: ['ignore', 'pipe', 'pipe'] })
const api = await new Promise((resolve) => {
  const look = (chunk) => {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(String(chunk)) ?? []
    if (found) resolve(found)
  }
  simulate.stdout.on('data', look)
  simulate.stderr.on('data', look)
})
const list = (from) => {
  const path = join(folder, `l${from}.csv`)
  const id = (n) => `5f${(from + n).toString(16).padStart(22, '0')}`
  writeFileSync(path, `user_id\n${Array.from({ length: ids }, (_, n) => `${id(n)}\n`).join('')}`)
  return path
}
const common = ['--api', api, '--quiet', '--log-level', 'error']
try {
  const data = join(folder, 'alone')
  const { text } = await command('run', list(0), '--data', data, '--no-report', '--json', '--yes', ...common)
  console.log(`one machine: ${JSON.parse(text).pace.calls_per_second} calls/s`)
  for (const workers of [1, 2]) {
    const own = join(folder, 'fleet')
    await command('enqueue', list(workers * 1_000_000), '--data', own, '--no-report', '--yes', ...common)
    const started = performance.now()
    await Promise.all(
      Array.from({ length: workers }, (_, n) =>
        command('worker', '--data', join(folder, `worker${workers}-${n}`), '--until-empty', ...common),
      ),
    )
    const seconds = (performance.now() - started) / 1000
    const collected = await command('collect', '--data', own, '--no-report', '--quiet')
    console.log(
      `${workers} worker(s): ${(ids / seconds).toFixed(0)} ids/s with start and end; collected in ${collected.seconds.toFixed(1)} s`,
    )
  }
} finally {
  simulate.kill()
  rmSync(folder, { recursive: true, force: true })
}
