// How much of an upstream's capacity the fetch uses, and how many calls it wastes: `run` as people start it, against a
// simulator in a process of its own, measured by the simulator's ledger. ONLY=word runs the benchmarks with it in their name.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ONLY = process.env.ONLY ?? ''
const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'creator-enrich-flow-'))
const env = { ...process.env, JUSTONEAPI_TOKEN: 'benchmark-token' }
const rows = []

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
const percent = (number) => `${(number * 100).toFixed(1)} %`

/** Does `work` with a new simulator that has these settings. */
async function simulate(settings, work) {
  const child = spawn(process.execPath, [cli, 'simulate'], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const url = String(await new Promise((resolve) => child.stdout.once('data', resolve))).trim()
    const post = (path, value) => fetch(url + path, { method: 'POST', body: JSON.stringify(value) })
    const change = (changed) => post('/__settings', changed)
    await change(settings)
    const ledger = async () => JSON.parse(await (await fetch(`${url}/__ledger`)).text()).entries
    return await work({ url, change, ledger, clear: () => post('/__ledger/clear') })
  } finally {
    child.kill()
  }
}

/** One run in this data folder; resolves to its receipt. */
async function enrich(api, data, ids, ...args) {
  const list = join(root, `${ids}.csv`)
  const lines = Array.from({ length: ids }, (_, n) => `5f${(n * 7919 + 1).toString(16).padStart(22, '0')}`)
  writeFileSync(list, `user_id\n${lines.join('\n')}\n`)
  const command = [cli, 'run', list, '--api', api.url, '--data', join(root, data), '--quiet', '--json', ...args]
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (errors += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (out === '') throw new Error(`the run ended with ${code}: ${errors}`)
  return JSON.parse(out)
}

const seconds = (entries) => (entries.at(-1).at - entries[0].at) / 1000
const count = (entries, code) => entries.filter((entry) => entry.code === code).length

function row(name, target, measured) {
  rows.push({ name, target, measured })
  console.error(`${name}: ${measured} (${target})`)
}

const bench = {
  async latency() {
    const [concurrency, ids] = [200, 5_000]
    const paces = await simulate({ latencyMs: 500, jitterMs: 1000 }, async (api) => {
      const found = []
      for (let round = 1; round <= 3; round += 1) {
        await api.clear()
        const receipt = await enrich(api, `latency-${round}`, ids, '--concurrency', String(concurrency))
        const latency = receipt.calls.codes.find(({ code }) => code === '0').p50_ms / 1000
        const entries = await api.ledger()
        // The first call is alone, the next calls fill the slots at once; each later call takes a slot that has become free.
        const full = entries.slice(concurrency + 1)
        const pace = full.length / ((full.at(-1).at - entries[1].at) / 1000)
        const whole = ids / (seconds(entries) + 1)
        found.push({
          steady: (pace * latency) / concurrency,
          nominal: pace / concurrency,
          whole: whole / concurrency,
          latency,
        })
      }
      return found
    })
    row('latency 1 s ± 0.5 s, 200 slots, 5,000 ids', '≥ 97 %', percent(median(paces.map(({ steady }) => steady))))
    row('… median latency of the calls', '', `${median(paces.map(({ latency }) => latency)).toFixed(2)} s`)
    row('… relative to the latency set in the simulator', '', percent(median(paces.map(({ nominal }) => nominal))))
    row('… including the first and the last calls', '', percent(median(paces.map(({ whole }) => whole))))
  },

  async limit() {
    const [perSecond, ids] = [50, 3_000]
    await simulate({ latencyMs: 150, jitterMs: 100, ratePerSecond: perSecond }, async (api) => {
      for (const [name, share, refused] of [
        ['limit 50/s, not yet learned', '≥ 90 %', '≤ 3 %'],
        ['limit 50/s, learned', '≥ 97 %', '≤ 1 %'],
      ]) {
        await api.clear()
        // Setting the rate refills the bucket, as a night without calls does.
        await api.change({ ratePerSecond: perSecond })
        await enrich(api, 'limit', ids, '--concurrency', '32', '--max-age', '0s')
        const entries = await api.ledger()
        row(name, share, percent(count(entries, 0) / (perSecond * seconds(entries))))
        row(
          '… relative to the limit plus its burst of 50',
          '',
          percent(count(entries, 0) / (perSecond * (1 + seconds(entries)))),
        )
        row('… calls refused (302)', refused, percent(count(entries, 302) / entries.length))
      }
    })
  },

  async drop() {
    const phases = [
      [50, 30],
      [20, 30],
      [50, 30],
    ]
    await simulate({ latencyMs: 150, jitterMs: 100, ratePerSecond: 50 }, async (api) => {
      const running = enrich(api, 'drop', 5_000, '--concurrency', '32')
      while ((await api.ledger()).length === 0) await pause(50)
      const from = Date.now()
      let allowed = 50
      let until = from
      for (const [perSecond, lasts] of phases) {
        if (until > from) await api.change({ ratePerSecond: perSecond })
        allowed += perSecond * lasts
        until += lasts * 1000
        await pause(until - Date.now())
      }
      const entries = (await api.ledger()).filter(({ at }) => at < until)
      row('limit 50/s, then 20/s, then 50/s, 30 s each', '≥ 85 %', percent(count(entries, 0) / allowed))
      row('… calls refused (302)', '', percent(count(entries, 302) / entries.length))
      await api.change({ ratePerSecond: null })
      await running
    })
  },

  async collapse() {
    const [capacity, ids] = [40, 8_000]
    await simulate({ latencyMs: 180, jitterMs: 40, capacity, overload: 10 }, async (api) => {
      const pace = async (data, concurrency) => {
        await api.clear()
        await enrich(api, data, ids, '--concurrency', String(concurrency))
        const entries = await api.ledger()
        return entries.length / seconds(entries)
      }
      // The simulator counts a call until its response is closed, slightly longer than the client does.
      const fixed = [await pace('fixed-40', capacity), await pace('fixed-36', capacity - 4)]
      const best = Math.max(...fixed)
      const found = await pace('collapse', 400)
      row(
        'latency × 10 beyond 40 in flight: 400 allowed, relative to the best fixed number',
        '≥ 85 %',
        percent(found / best),
      )
      row('… ids/s with 40, with 36, with 400 allowed', '', [...fixed, found].map((pace) => pace.toFixed(0)).join(' '))
    })
  },

  async quota() {
    const [k, concurrency] = [1_000, 64]
    const after = []
    for (let round = 1; round <= 3; round += 1) {
      await simulate({ latencyMs: 50, jitterMs: 50, quota: k }, async (api) => {
        const receipt = await enrich(api, `quota-${round}`, 5_000, '--concurrency', String(concurrency))
        if (receipt.exit_code !== 5) throw new Error(`exit code ${receipt.exit_code}`)
        const entries = await api.ledger()
        after.push(entries.length - 1 - entries.findIndex(({ code }) => code === 303))
      })
    }
    row('303 after 1,000 calls, 64 slots: calls after it', '≤ 64', String(Math.max(...after)))
  },
}

try {
  for (const [name, measure] of Object.entries(bench)) if (name.includes(ONLY)) await measure()
  const width = Math.max(...rows.map(({ name }) => name.length)) + 2
  for (const { name, target, measured } of rows)
    console.log(name.padEnd(width) + measured.padStart(8) + target.padStart(9))
} finally {
  rmSync(root, { recursive: true, force: true })
}
