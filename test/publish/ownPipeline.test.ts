import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Receipt } from '../../src/model/receipt.js'
import { namedPipeline } from '../../src/publish/ownPipeline.js'
import { cli } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'

const SOURCE = `export default {
  name: 'videos',
  title: 'Profiles of videos.test',
  vendor: { hosts: { global: 'https://api.videos.test' }, currency: 'USD', codes: {} },
  price: 0.02,
  idColumns: ['handle'],
  parseId: { pattern: '[a-z0-9_]{3,20}', links: ['videos.test/@<id>'], looksLike: 'handle' },
  request: (id) => ({ path: '/user', query: { handle: id } }),
  profile: { path: 'user', id: 'handle' },
  columns: {
    user_id: { type: 'text', kind: 'identity', path: 'handle', role: 'id', description: 'The handle.' },
    nickname: { type: 'text', kind: 'attribute', path: 'name', role: 'displayName', description: 'Name.' },
    followers: { type: 'count', kind: 'counter', path: 'stat.follower', role: 'followers', description: 'Followers.' },
  },
}
`

/** The same with another part, or with a derived column. */
const withPart = (part: string): string => SOURCE.replace(/\n}\n$/, `\n  ${part},\n}\n`)
const withColumn = (derive: string): string =>
  SOURCE.replace(
    '  columns: {',
    `  columns: { page: { type: 'text', kind: 'derived', description: 'Page.', ${derive} },`,
  )

/** A folder with a pipeline of one's own and a list for it. */
function folderWithPipeline(source = SOURCE): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'videos'))
  writeFileSync(join(folder, 'videos/definition.mjs'), source)
  writeFileSync(join(folder, 'list.csv'), 'handle\ncat_1\nhttps://videos.test/@cat_2\n?\n')
  return folder
}

test("a pipeline of one's own runs by its path, and every command on its folder by path or config file", async () => {
  const cwd = folderWithPipeline()
  const here = (...args: string[]) => commandHere(args, { cwd })
  const ran = await here('run', 'list.csv', '--pipeline', './videos', '--api', 'simulated', '--no-report')
  expect(ran.stdout).toMatch(/^rows +3 +2 .*\n(.*\n)*money +none, the data are simulated \(a real run: \$0\.04\)/m)

  const bare = await here('replay', '--check')
  expect([bare.code, bare.stderr]).toEqual([
    2,
    `error: ${join(cwd, 'data')} belongs to the pipeline videos, which is not a part of creator-enrich: give its file with --pipeline, or as "pipeline" in ${join(cwd, 'data/creator-enrich.json')}\n`,
  ])
  const status = await here('status', '--json')
  expect([status.code, JSON.parse(status.stdout)]).toEqual([
    0,
    expect.objectContaining({ creators: 2, money: null, time_zone: 'UTC' }),
  ])
  for (const command of [['status'], ['changes']]) expect((await here(...command)).code).toBe(0)
  expect((await here('status', '--pipeline', './absent.mjs')).code).toBe(2)
  expect((await here('replay', '--check', '--pipeline', 'videos/definition.mjs')).code).toBe(0)
  const other = await here('plan', 'list.csv', '--pipeline', 'weibo-user-profile')
  expect(other.stderr).toContain('belongs to the pipeline videos, not to weibo-user-profile')

  // The path in a config file is relative to its folder.
  writeFileSync(join(cwd, 'data/creator-enrich.json'), '{"pipeline": "../videos"}', { mode: 0o600 })
  const commands = [
    ['run', 'list.csv', '--api', 'simulated'],
    ['replay', '--check'],
    ['plan', 'list.csv'],
    ['status', '--json'],
    ['costs', '--json'],
    ['select', '--out', 'all.xlsx'],
    ['changes', '--json'],
    ['doctor', '--json', '--api', 'simulated'],
    ['report', '--lang', 'zh'],
    ['forget', 'cat_2'],
    ['person', 'cat_1'],
  ]
  for (const command of commands) {
    const { code, stderr } = await here(...command)
    expect([command[0], code], stderr).toEqual([command[0], 0])
  }
  expect(readFileSync(join(cwd, 'data/exports/creators.csv'), 'utf8')).toMatch(
    /^\ufeffuser_id,nickname,followers,.*\ncat_1,/,
  )
})

test.each<[string, string, RegExp]>([
  ['nothing', '', /it exports no pipeline: write `export default \{ name: … \}`/],
  ['a fault of syntax', 'export default {', /definition\.mjs cannot be imported: .+/],
  [
    'a wrong definition',
    SOURCE.replace("'count'", "'number'"),
    /pipeline videos: column followers: its type is number/,
  ],
  [
    'the name of another',
    SOURCE.replace("'videos'", "'weibo-user-profile'"),
    /has a pipeline called weibo-user-profile itself/,
  ],
  ['nothing but `throw null`', 'throw null', /definition\.mjs cannot be imported: null/],
  [
    'a request that throws',
    withPart("request: () => { throw new Error('no\\nid') }"),
    /pipeline videos: request threw: no id$/m,
  ],
  [
    'a request without a parameter',
    withPart("request: () => ({ path: '/user' })"),
    /pipeline videos: request returned an object, not \{ path, query \}/,
  ],
  [
    'a parseId that returns nothing',
    withPart('parseId: () => undefined'),
    /parseId returned undefined, not \{ id \} or \{ reason, remedy \} \(.*definition\.mjs\)$/m,
  ],
  [
    'a derived column that throws',
    withColumn('derive: ({ nickname }) => nickname.first.last'),
    /derive of page threw: Cannot read properties of undefined \(reading 'last'\) \(.*definition\.mjs\)$/m,
  ],
  [
    'a derived column of another type',
    withColumn('derive: () => 1'),
    /derive of page returned a whole number, not a text or null/,
  ],
  [
    'a check without a list',
    withPart('check: async () => []'),
    /check returned a promise, not a list of \{ kind, column, detail \}/,
  ],
  [
    'simulatedAnswers without answers',
    withPart('simulatedAnswers: () => undefined'),
    /simulatedAnswers returned undefined, not an object with the function data/,
  ],
  [
    'simulatedAnswers that fail',
    withPart("simulatedAnswers: async () => ({ data: () => { throw new Error('none') } })"),
    /data of simulatedAnswers threw: none \(/,
  ],
])('a file with %s is exit 2 with one line', async (_, source, message) => {
  const cwd = folderWithPipeline(source)
  const { code, stderr } = await commandHere(['run', 'list.csv', '--pipeline', './videos', '--api', 'simulated'], {
    cwd,
  })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^error: [^\n]+\n$/)
  expect(stderr).toMatch(message)
})

test('a path without a file is exit 2, and a name without a folder too', async () => {
  const cwd = folderWithPipeline()
  const run = (pipeline: string) => commandHere(['run', 'list.csv', '--pipeline', pipeline], { cwd })
  expect((await run('./absent.mjs')).stderr).toBe(
    `error: --pipeline ./absent.mjs: ${join(cwd, 'absent.mjs')} does not exist\n`,
  )
  expect((await run('./data/..')).stderr).toContain('has no file definition.mjs')
  expect((await run('absent')).stderr).toBe(
    'error: --pipeline absent: there is no such pipeline; there are weibo-user-profile, xiaohongshu-pgy-creator, xiaohongshu-user-profile\n',
  )
  expect((await run('videos')).stderr).toMatch(/xiaohongshu-user-profile; `\.\/videos` is in this folder\n$/)
})

test('an import that never ends is exit 2 after ten seconds', async () => {
  const cwd = folderWithPipeline('await new Promise(() => undefined)')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const failed = expect(namedPipeline(join(cwd, 'videos'))).rejects.toThrow(
    'definition.mjs: its import has not ended after 10 s; nothing was sent',
  )
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(10_000)
  await failed
})

test('an import and a function that let nothing else happen are exit 2 after ten seconds', async () => {
  // Blocks the thread as a loop does, without a processor.
  const block = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'
  const blocked = async (source: string) => {
    const cwd = folderWithPipeline(source)
    const { code, stderr } = await cli(['run', 'list.csv', '--pipeline', './videos', '--api', 'simulated'], { cwd })
    return [code, stderr.replace(cwd, '')]
  }
  const error = (what: string) =>
    `error: --pipeline /videos/definition.mjs: ${what} has not ended after 10 s; nothing was sent: look for a loop without an end, or an \`await\` of something that never comes\n`
  expect(await Promise.all([blocked(block), blocked(withPart(`check: () => { ${block} }`))])).toEqual([
    [2, error('its import')],
    [2, error('check')],
  ])
})

test('an import or a function that ends the process is exit 2 with one line, and a timer that it leaves does not keep the process', async () => {
  const ends = async (source: string) => {
    const cwd = folderWithPipeline(source)
    const { code, stderr } = await cli(['run', 'list.csv', '--pipeline', './videos', '--api', 'simulated'], { cwd })
    return [code, stderr.replace(cwd, '')]
  }
  const error = (what: string) =>
    `error: --pipeline /videos/definition.mjs: ${what} ended the process; nothing was sent: remove its call of process.exit\n`
  expect(await ends('process.exit(0)')).toEqual([2, error('its import')])
  expect(await ends(withPart('check: () => process.exit(0)'))).toEqual([2, error('check')])
  const cwd = folderWithPipeline()
  writeFileSync(join(cwd, 'timer.mjs'), 'setInterval(() => undefined, 1000)')
  expect((await cli(['plan', 'list.csv', '--pipeline', './timer.mjs'], { cwd })).stderr).toContain(
    'it exports no pipeline',
  )
})

test('a function that fails for one cell or one answer costs no other: the answer is used, and the message names it', async () => {
  const cwd = folderWithPipeline(
    `const failFor = (given, id) => { if (given === id) throw new Error(\`no \${id}\`) }
${SOURCE.replace(/ {2}request: .*\n.*\n/, '').replace(
  /\n}\n$/,
  `
  request: (id) => { failFor(id, 'cat_3'); return { path: '/user', query: { handle: id } } },
  profile: (data, id) => { failFor(id, 'cat_4'); return { kind: 'profile', value: data.user } },
  check: ({ user_id }) => { failFor(user_id, 'cat_5'); return [] },
  simulatedAnswers: () => ({ data: (id) => { failFor(id, 'cat_6'); return { user: { handle: id, name: 'x' } } } }),
}
`,
)}`.replace(
      'columns: {',
      "columns: { page: { type: 'text', kind: 'derived', description: 'Page.', derive: ({ user_id }) => { failFor(user_id, 'cat_2'); return 'p' } },",
    ),
  )
  writeFileSync(join(cwd, 'list.csv'), `handle\n${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `cat_${n}\n`).join('')}`)
  const options = ['--pipeline', './videos', '--api', 'simulated', '--attempts', '1', '--no-report', '--json']
  const { code, stdout, stderr } = await commandHere(['run', 'list.csv', ...options], { cwd })
  const receipt = JSON.parse(stdout) as Receipt
  expect([code, receipt.ids, receipt.reasons.map(({ status, reason }) => [status, reason])]).toEqual([
    0,
    expect.objectContaining({ enriched: 5, failed: 2 }),
    [
      ['failed', 'not_json'],
      ['failed', 'unreadable'],
      ['rejected', 'definition_failed'],
    ],
  ])
  const file = join(cwd, 'videos/definition.mjs')
  expect(stderr).toContain(
    `the pipeline failed for 2 answers, in table anomalies: derive of page threw: no cat_2 (${file})`,
  )
  const exported = (name: string) => readFileSync(join(cwd, 'data/exports', name), 'utf8')
  expect(exported('creators.csv')).toMatch(/\ncat_1,x,.*Z,p,.*\ncat_2,x,.*Z,,/)
  expect(exported('failures.csv')).toContain(`profile threw: no cat_4 (${file})`)
  expect(exported('failures.csv')).toContain('data of simulatedAnswers threw: no cat_6')
  expect(exported('list.rejects.csv')).toContain(`request threw: no cat_3 (${file})`)
})

test('where request begins to fail for an id of a tracked list, its row is rejected, and the others are fetched', async () => {
  const cwd = folderWithPipeline()
  const here = (...args: string[]) => commandHere(args, { cwd })
  const failing = "request: (id) => { if (id === 'cat_2') throw new Error('no cat_2'); return "
  const later = SOURCE.replace('request: (id) => (', failing).replace('{ handle: id } }),', '{ handle: id } } },')
  writeFileSync(join(cwd, 'later.mjs'), later)
  writeFileSync(join(cwd, 'list.csv'), `handle\n${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `cat_${n}\n`).join('')}`)
  const options = ['--api', 'simulated', '--no-report', '--json']
  expect((await here('run', 'list.csv', '--track', '--pipeline', './videos', ...options)).code).toBe(0)
  const { code, stdout } = await here('run', '--tracked', '--max-age', '0s', '--pipeline', './later.mjs', ...options)
  const { calls, reasons } = JSON.parse(stdout) as Receipt
  expect([code, calls.sent, reasons.map(({ status, reason }) => [status, reason])]).toEqual([
    0,
    7,
    [['rejected', 'definition_failed']],
  ])

  // What the id has cost before is listed without its path.
  const costs = await here('costs', '--format', 'csv', '--pipeline', './later.mjs')
  expect(costs.code, costs.stderr).toBe(0)
  expect(costs.stdout).toMatch(/,cat_1,[^,]*,\/user,0,yes,/)
  expect(costs.stdout).toMatch(/,cat_2,[^,]*,,0,yes,/)
})

test('the pipeline of a first run without a token is known, and another one may still be chosen', async () => {
  const cwd = folderWithPipeline()
  const here = (...args: string[]) => commandHere(args, { cwd })
  writeFileSync(join(cwd, 'uids.csv'), 'uid\n5556667778\n')
  const first = await here('run', 'uids.csv', '--pipeline', 'weibo-user-profile')
  expect(first.stderr).toContain('no token, and 1 id to fetch')
  expect((await here('plan', 'uids.csv')).stdout).toContain('1 to fetch')
  const own = ['--pipeline', './videos', '--api', 'simulated', '--no-report']
  expect((await here('run', 'list.csv', ...own)).code).toBe(0)
  expect((await here('plan', 'uids.csv')).stderr).toContain('belongs to the pipeline videos')
})

test('a .env never names a program, whoever holds the token', async () => {
  const cwd = folderWithPipeline(`globalThis.wasRun = true\n${SOURCE}`)
  writeFileSync(join(cwd, '.env'), 'JUSTONEAPI_TOKEN=x\nCREATOR_ENRICH_PIPELINE=./videos\n')
  for (const command of [['run', 'list.csv', '--api', 'simulated'], ['plan', 'list.csv'], ['status'], ['simulate']]) {
    const { code, stderr } = await commandHere(command, { cwd })
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: .*\.env: CREATOR_ENRICH_PIPELINE may only be the name of a pipeline there/),
    ])
  }
  expect(globalThis).not.toHaveProperty('wasRun')
})

test('a data folder never brings its own program, by a path or a link', async () => {
  const cwd = folderWithPipeline(`globalThis.wasRun = true\n${SOURCE}`)
  const data = join(cwd, 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'x.mjs'), `globalThis.wasRun = true\n${SOURCE}`)
  symlinkSync(data, join(cwd, 'link'))
  symlinkSync(join(cwd, 'videos'), join(data, 'videos'))
  const config = join(data, 'creator-enrich.json')
  for (const path of ['./x.mjs', './', './videos', '../link/x.mjs']) {
    writeFileSync(config, JSON.stringify({ pipeline: path }), { mode: 0o600 })
    for (const command of [['status'], ['changes'], ['plan', 'list.csv']]) {
      const { code, stderr } = await commandHere(command, { cwd })
      expect([path, code, stderr]).toEqual([
        path,
        2,
        expect.stringMatching(
          /^error: .*json: line 1, column 2: pipeline: .* lies in the data folder, and a pipeline is run/,
        ),
      ])
    }
  }
  expect(globalThis).not.toHaveProperty('wasRun')
})

test('a program that somebody else may have written is not run', async () => {
  const cwd = folderWithPipeline(`globalThis.wasRun = true\n${SOURCE}`)
  const file = join(cwd, 'videos/definition.mjs')
  const run = () => commandHere(['run', 'list.csv', '--pipeline', './videos', '--api', 'simulated'], { cwd })
  chmodSync(file, 0o664)
  expect([(await run()).code, (await run()).stderr]).toEqual([
    2,
    `error: --pipeline ${file} can be written by others (mode 664), and would run as a program with your rights; nothing was run: read it, then chmod go-w ${file}\n`,
  ])
  chmodSync(file, 0o644)
  if (process.geteuid?.() === 0) {
    chownSync(file, 12_345, 12_345)
    expect((await run()).stderr).toContain('belongs to another user (uid 12345), and would run as a program')
  }
  expect(globalThis).not.toHaveProperty('wasRun')
})
