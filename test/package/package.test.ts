import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const nodes = process.env['CREATOR_ENRICH_NODES'] ?? join(root, 'node_modules/.cache/nodes')
const binOf = (line: number) => join(nodes, String(line), 'bin')
const LINES = [20, 22, 24]
const available = LINES.filter((line) => existsSync(join(binOf(line), 'node')))

/** What the makefile and npm set for the processes below them would change what npm does here. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(lifecycle|package|command|execpath|config_(local_)?prefix)|CREATOR_ENRICH|MAKE)/.test(name),
  ),
)

/** Runs a command to its end, with this folder first on the PATH. @throws Error with its output when it fails */
function succeed(cwd: string, bin: string | undefined, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = start(cwd, bin, command, ...args)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stdout}${stderr}`)
  return stdout
}

function start(cwd: string, bin: string | undefined, command: string, ...args: string[]) {
  const path = [...(bin === undefined ? [] : [bin]), process.env['PATH']].join(delimiter)
  return spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...env, PATH: path } })
}

let folder: string
let tarball: string
/** Where the package is installed: each Node takes over the packages of the one before, which are the same for all. */
let installed: string | undefined

/** Packs a copy of the sources: `prepack` compiles it from nothing, and the dist/ of other tests stays as it is. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'creator-enrich-package-'))
  if (available.length === 0) return
  const copy = join(folder, 'checkout')
  for (const name of readdirSync(root)) {
    if (!['node_modules', 'dist', '.git', 'data', 'test'].includes(name))
      cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  cpSync(join(root, 'data/samples'), join(copy, 'data/samples'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const [packed] = JSON.parse(succeed(copy, undefined, 'npm', 'pack', '--json', '--pack-destination', folder)) as {
    filename: string
    files: { path: string }[]
  }[]
  tarball = join(folder, packed!.filename)
  const paths = packed!.files.map(({ path }) => path)
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/src/cli.js', 'dist/src/index.d.ts']))
  expect(paths.filter((path) => /^(src|test)\/|\.map$|tsbuildinfo|\.built/.test(path))).toEqual([])
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The lines of README.md with the counts of the demo. */
const counts = readFileSync(join(root, 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => /^(rows|ids) /.test(line))

describe.each(LINES)('Node %i, the package in an empty folder', (line) => {
  test('npx, library and types', { timeout: 300_000 }, ({ skip }) => {
    if (!available.includes(line)) skip(`Node ${line} is not here: \`make package\` fetches it`)
    const [place, bin] = [join(folder, `node-${line}`), binOf(line)]
    mkdirSync(place)
    expect(succeed(place, bin, 'node', '--version')).toMatch(new RegExp(`^v${line}\\.`))
    if (installed) renameSync(join(installed, 'node_modules'), join(place, 'node_modules'))
    else
      succeed(place, bin, 'npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball)
    installed = place

    cpSync(join(place, 'node_modules/creator-enrich/data/samples/creators.csv'), join(place, 'sample.csv'))
    const printed = succeed(place, bin, 'npx', 'creator-enrich', 'run', 'sample.csv', '--api', 'simulated')
    expect(counts.length).toBe(2)
    // The README's list has another name than this one; its counts are the same.
    for (const counted of counts) expect(printed.split('\n')).toContain(counted)
    expect(existsSync(join(place, 'data/creators.duckdb'))).toBe(true)

    const nothing = start(place, bin, 'npx', 'creator-enrich', 'status', '--data', 'none')
    expect([nothing.status, nothing.stderr]).toEqual([
      2,
      expect.stringContaining(`start with \`npx creator-enrich run <list> --data ${join(place, 'none')}\``) as string,
    ])

    cpSync(join(root, 'test/package/use.mts'), join(place, 'use.mts'))
    if (line === available[0]) compile(place, bin)
    else cpSync(join(folder, `node-${available[0]!}`, 'use.mjs'), join(place, 'use.mjs'))
    const used = start(place, bin, 'node', 'use.mjs')
    expect(used.stderr).toBe('')
    expect(JSON.parse(used.stdout)).toEqual({
      version: (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
      exit_codes: [0, 0, 2],
      usage: 2,
      ids: { read: 51, enriched: 47, reused: 0, empty: 1, failed: 2, rejected: 1, parked: 0 },
      calls: [expect.any(Number), expect.any(Number)],
      messages: expect.any(Number) as number,
      message: expect.stringContaining(join(place, 'absent.csv')) as string,
      signals: [0, 0, 0, 0],
      keepsUmask: true,
    })
  })
})

/** Compiles use.mts to use.mjs against the types of the package, which do not depend on the Node. */
function compile(place: string, bin: string): void {
  symlinkSync(join(root, 'node_modules/@types'), join(place, 'node_modules/@types'))
  const compilerOptions = { strict: true, module: 'NodeNext', target: 'ES2023', types: ['node'], skipLibCheck: false }
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }))
  writeFileSync(join(place, 'package.json'), '{"type": "module"}')
  succeed(place, bin, 'node', join(root, 'node_modules/typescript/bin/tsc'), '-p', place)
}
