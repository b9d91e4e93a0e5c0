// The cost of the durable journal: the fetch alone against a simulator in a process of its own, in turn with the journal
// and with one whose promises resolve at once. IDS, CONCURRENCY, LATENCY and ROUNDS change the size.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { liveEffects } from '#src/core/effects.js'
import { fetchAll } from '#src/fetch/fetchAll.js'
import { openApiClient } from '#src/fetch/http/apiClient.js'
import { interpreter } from '#src/model/interpret.js'
import { openJournal } from '#src/journal/journal.js'
import { loadPipeline } from '#src/model/pipeline.js'
import { redactor } from '#src/core/redact.js'

const { env } = process
const IDS = Number(env.IDS ?? 10_000)
const CONCURRENCY = Number(env.CONCURRENCY ?? 16)
const LATENCY = env.LATENCY ?? '0ms'
const ROUNDS = Math.max(3, Number(env.ROUNDS ?? 5))
const TOKEN = 'benchmark-token'
const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))
const pipeline = await loadPipeline(undefined)
const effects = liveEffects(() => undefined)

const durable = (round) => {
  const header = { startedAt: 0, pipeline: pipeline.name, simulated: true, host: 'bench' }
  return openJournal(folder, { ...header, runId: `round-${round}` })
}
const none = () => {
  const done = Promise.resolve()
  return { intent: () => done, end: () => done, close: () => done }
}

async function* ids() {
  for (let n = 1; n <= IDS; n += 1) yield { id: `5f${(n * 7919).toString(16).padStart(22, '0')}` }
}

/** Ids a second of one fetch. */
async function pace(url, open, round) {
  const redact = redactor(TOKEN)
  const connection = { base: new URL(url), token: TOKEN, timeoutMs: 120_000, connections: CONCURRENCY }
  const upstream = openApiClient({ ...connection, pipeline, redact, effects })
  const journal = await open(round)
  /** @type {import('#src/fetch/fetchPolicy.js').FetchPolicy} */
  const policy = { concurrency: CONCURRENCY, attempts: 5, giveUpMs: 600_000, onAmbiguous: 'retry' }
  const began = performance.now()
  const { calls, stop } = await fetchAll({
    ids: ids(),
    upstream,
    journal,
    interpret: interpreter(pipeline),
    policy,
    effects,
  })
  const seconds = (performance.now() - began) / 1000
  await journal.close()
  await upstream.close()
  if (stop || calls !== IDS) throw new Error(`${calls} calls, ${stop?.message ?? 'no stop'}`)
  return IDS / seconds
}

function median(paces) {
  return [...paces].sort((a, b) => a - b)[paces.length >> 1]
}

const simulator = spawn(process.execPath, [cli, 'simulate', '--counts', '--latency', LATENCY], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
try {
  const url = String(await new Promise((resolve) => simulator.stdout.once('data', resolve))).trim()
  console.log(
    `${IDS.toLocaleString('en-US')} ids, concurrency ${CONCURRENCY}, simulator at latency ${LATENCY}, ${ROUNDS} rounds of each in turn`,
  )
  await pace(url, none, 0)
  const withJournal = []
  const without = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    withJournal.push(await pace(url, durable, round))
    without.push(await pace(url, none, round))
  }
  const print = (what, paces) =>
    console.log(`${what.padEnd(34)}${Math.round(median(paces)).toLocaleString('en-US').padStart(9)} ids/s, median`)
  print('fetch with the durable journal', withJournal)
  print('fetch with a journal that does nothing', without)
  console.log(
    `pace with the journal relative to the pace without: ${(median(withJournal) / median(without)).toFixed(2)}`,
  )
} finally {
  simulator.kill()
  rmSync(folder, { recursive: true, force: true })
}
