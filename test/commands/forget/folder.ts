import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { forgetCommand } from '../../../src/commands/forget/command.js'
import { allowAgain, forget } from '../../../src/commands/forget/forget.js'
import type { ForgetReport } from '../../../src/commands/forget/forgetReport.js'
import { replayCommand } from '../../../src/commands/replay/command.js'
import { replay } from '../../../src/commands/replay/replay.js'
import type { ReplayReport } from '../../../src/commands/replay/replayReport.js'
import { eraseLeaving } from '../../../src/commands/forget/eraseLeaving.js'
import { runCommand } from '../../../src/commands/run/command.js'
import { resolveSettings, withPrice } from '../../../src/config/settings.js'
import { liveEffects } from '../../../src/core/effects.js'
import { redactor } from '../../../src/core/redact.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import type { Receipt } from '../../../src/model/receipt.js'
import { run } from '../../../src/run/run.js'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.js'
import { Logger } from '../../../src/terminal/logger.js'
import { copyFolder } from '../../support/finishedFolder.js'
import { plainId } from '../../support/lists.js'

/** The simulator answers a call for this id with the profile of `DELIVERED`. */
export const MISDELIVERED = '5f00000000000000005eed04'
export const DELIVERED = '5f0000000000000001ffffff'
const TOKEN = 'a-token-of-no-value'

/** The log messages of the erasures. */
export const logged: string[] = []
const effects = liveEffects((level, message) => logged.push(`${level}: ${message}`))
const silent = liveEffects(() => undefined)
const quiet = new Logger({ write: () => true }, 'error', redactor(TOKEN))

const COMMANDS = { run: runCommand, replay: replayCommand, forget: forgetCommand }
const settingsOf = (command: keyof typeof COMMANDS, data: string, flags = {}) =>
  resolveSettings(COMMANDS[command].options, { data, ...flags }, [])

/** Two nights of a list in which one person is named in the bio of another, and in other people's rows. */
export interface History {
  readonly data: string
  readonly list: string
  readonly api: Simulator
  /** In the list, and in the bio of `mentioning`. */
  readonly person: string
  readonly mentioning: string
  readonly ids: readonly string[]
}

async function mention(): Promise<{ person: string; mentioning: string }> {
  const invention = await (await loadPipeline(undefined)).simulatedAnswers()
  for (let n = 1; ; n += 1) {
    const { desc_at_users: mentions } = invention.data(plainId(n), 0) as { desc_at_users?: { id: string }[] }
    if (mentions?.[0]) return { person: mentions[0].id, mentioning: plainId(n) }
  }
}

export function writeRows(
  path: string,
  ids: readonly string[],
  { person, mentioning }: Pick<History, 'person' | 'mentioning'>,
): void {
  const rows = ids.map((id) => {
    const link = `https://www.xiaohongshu.com/user/profile/${id.toUpperCase()}?xsec_token=abc`
    return `${id},${link},${id === mentioning ? `knows ${person}` : 'a note'}\n`
  })
  writeFileSync(path, `user_id,link,note\n${rows.join('')}${person} ${mentioning},,two ids\n`)
}

/** The folder that every copy is of. */
interface Made extends Omit<History, 'api'> {
  /** The folder once more, where `person` was erased. */
  erased?: Promise<{ data: string; report: ForgetReport }>
}

/** Made once for all test files of this process. */
let made: Promise<Made> | undefined

async function makeHistory(): Promise<Made> {
  const scratch = mkdtempSync(join(tmpdir(), 'creator-enrich-forget-'))
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
  const data = join(scratch, 'data')
  const who = await mention()
  const ids = [
    ...new Set([who.mentioning, who.person, MISDELIVERED, ...Array.from({ length: 8 }, (_, n) => plainId(n + 1))]),
  ]
  const list = join(scratch, 'people.csv')
  writeRows(list, ids, who)
  const api = await startSimulator({ pipeline: await loadPipeline(undefined) })
  try {
    await enrich({ data, list, api }, { maxFailed: '100%' })
    api.change({ night: 1 })
    await enrich({ data, list, api }, { maxAge: '0s', maxFailed: '100%' })
  } finally {
    await api.close()
  }
  return { data, list, ids, ...who }
}

async function erase({ data, person }: Made): Promise<{ data: string; report: ForgetReport }> {
  const copy = copyFolder(data, `${data}-erased`)
  return { data: copy, report: await forgetIn(copy, person) }
}

/** Every test works on a copy. The simulator, which is at the second night, is the file's own. */
export async function history(): Promise<{
  copy(): History
  /** A copy in which `person` is erased. `report` is that of the erasure, in the folder `erasedIn`. */
  copyErased(): Promise<History & { report: ForgetReport; erasedIn: string }>
  close(): Promise<void>
}> {
  made ??= makeHistory()
  const whole = await made
  const scratch = mkdtempSync(join(tmpdir(), 'creator-enrich-forget-'))
  const api = await startSimulator({ pipeline: await loadPipeline(undefined) })
  api.change({ night: 1 })
  const copyOf = (data: string): History => {
    const copy = copyFolder(data, join(mkdtempSync(join(scratch, 'copy-')), 'data'))
    const { list, ids, person, mentioning } = whole
    return { data: copy, list, api, ids, person, mentioning }
  }
  return {
    copy: () => copyOf(whole.data),
    async copyErased() {
      whole.erased ??= erase(whole)
      const { data, report } = await whole.erased
      return { ...copyOf(data), report, erasedIn: data }
    },
    async close() {
      await api.close()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

export async function enrich(
  { data, list, api }: Pick<History, 'data' | 'api'> & { list: string | readonly string[] },
  flags = {},
): Promise<Receipt> {
  const pipeline = await loadPipeline(undefined)
  const base = new URL(api.url)
  return run({
    inputs: [list].flat(),
    settings: withPrice(settingsOf('run', data, flags), pipeline),
    api: { base, simulated: false, host: base.host, proxy: undefined, warning: undefined, way: undefined },
    token: TOKEN,
    redact: redactor(TOKEN),
    pipeline,
    effects: silent,
    logger: quiet,
    erase: eraseLeaving,
    signal: new AbortController().signal,
  })
}

export async function forgetIn(data: string, ...ids: string[]): Promise<ForgetReport> {
  return forget(ids, settingsOf('forget', data), await loadPipeline(undefined), effects)
}

export async function allowIn(data: string, ...ids: string[]): Promise<ForgetReport> {
  return allowAgain(ids, settingsOf('forget', data), await loadPipeline(undefined), effects)
}

export async function check(data: string): Promise<ReplayReport> {
  return replay(settingsOf('replay', data, { check: true }), await loadPipeline(undefined), effects)
}
