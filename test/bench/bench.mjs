// `make bench`: a whole run against a simulator in a process of its own, compared with a minimal client of the same server.
// IDS and CONCURRENCY change the size. The ratio is the result: both run in turn on the same machine.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const IDS = Number(process.env.IDS ?? 20_000)
const CONCURRENCY = process.env.CONCURRENCY ?? '16'
const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const cli = at('../../dist/src/cli.js')
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))

function start(args, stdio) {
  return spawn(process.execPath, args, { stdio, env: { ...process.env, JUSTONEAPI_TOKEN: 'benchmark-token' } })
}

/** Wall seconds and peak memory of one process. */
async function measure(script, ...args) {
  const began = performance.now()
  const child = start([at('measured.mjs'), script, ...args], ['ignore', 'ignore', 'pipe', 'pipe'])
  let measured = ''
  let errors = ''
  child.stdio[3]?.on('data', (chunk) => (measured += chunk))
  child.stderr.on('data', (chunk) => (errors += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${errors}`)
  return { seconds: (performance.now() - began) / 1000, ...JSON.parse(measured) }
}

function report(what, { seconds, rssMb }) {
  const pace = `${Math.round(IDS / seconds).toLocaleString('en-US')} ids/s`
  console.log(
    `${what.padEnd(34)}${seconds.toFixed(1).padStart(7)} s${pace.padStart(15)}${String(rssMb).padStart(7)} MB peak`,
  )
}

const simulator = start([cli, 'simulate', '--counts'], ['ignore', 'pipe', 'ignore'])
try {
  const url = String(await new Promise((resolve) => simulator.stdout.once('data', resolve))).trim()
  const list = join(folder, 'ids.csv')
  const data = join(folder, 'data')
  const lines = Array.from({ length: IDS }, (_, n) => `5f${(n * 7919 + 1).toString(16).padStart(22, '0')}`)
  writeFileSync(list, `user_id\n${lines.join('\n')}\n`)
  const run = [cli, 'run', list, '--api', url, '--data', data, '--concurrency', CONCURRENCY, '--quiet']

  console.log(
    `${IDS.toLocaleString('en-US')} ids, concurrency ${CONCURRENCY}, simulator at latency 0, Node ${process.version}`,
  )
  const minimal = await measure(at('minimalClient.mjs'), url, list, CONCURRENCY)
  report('minimal client: fetch and parse', minimal)
  const first = await measure(...run)
  report('first run: fetch, load, publish', first)
  report('second run: all fresh, no calls', await measure(...run))
  report('second night: all fetched again', await measure(...run, '--max-age', '0s'))
  console.log(`pace of the first run relative to the minimal client: ${(minimal.seconds / first.seconds).toFixed(2)}`)
} finally {
  simulator.kill()
  rmSync(folder, { recursive: true, force: true })
}
