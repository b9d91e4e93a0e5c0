import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each room may import from the rooms below its own line, and from itself. docs/architecture.md has the same list. */
const ORDER: readonly (readonly string[])[] = [
  ['cli.ts', 'index.ts'],
  ['commands'],
  ['fleet'],
  ['run'],
  ['report'],
  ['publish'],
  ['raw'],
  ['export'],
  ['load'],
  ['flatten'],
  ['fetch', 'journal', 'plan', 'read', 'simulator'],
  ['privacy'],
  ['dataFolder'],
  ['config', 'terminal', 'model'],
  ['core'],
]

const files = ['src', 'pipelines'].flatMap((area) =>
  readdirSync(join(root, area), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${area}/${file}`),
)

const imports = files.flatMap((file) => {
  const source = readFileSync(join(root, file), 'utf8')
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) => ({
    file,
    target: relative(root, join(root, dirname(file), target!)).replace(/\.js$/, '.ts'),
  }))
})

/** `src/fetch/http/apiClient.ts` is in room `fetch`. A file outside `src/` is in a room with the name of its top folder. */
function roomOf(file: string): string {
  const [area, second] = file.split('/')
  return area === 'src' ? second! : area!
}

function levelOf(room: string): number {
  return ORDER.findIndex((rooms) => rooms.includes(room))
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  if (from === 'pipelines') return to === 'model'
  return levelOf(to) > levelOf(from)
}

describe('the structure', () => {
  test('src/ holds the two entries and the rooms of the list, and nothing else', () => {
    expect(new Set(files.filter((file) => file.startsWith('src/')).map(roomOf))).toEqual(new Set(ORDER.flat()))
    expect(files.length).toBeGreaterThan(200)
    expect(imports.length).toBeGreaterThan(800)
  })

  test('imports run one way', () => {
    expect(imports.filter(({ file, target }) => !mayImport(roomOf(file), roomOf(target)))).toEqual([])
  })

  test('docs/architecture.md lists the rooms in the same order', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const rows = [...page.matchAll(/^\| (`src\/[^|]*) \|/gm)].map(([, rooms]) =>
      [...rooms!.matchAll(/`src\/([^`/]+)\/?`/g)].map(([, room]) => room!),
    )
    expect(rows).toEqual(ORDER)
  })

  test('tests mirror the rooms', () => {
    const others = [
      'bench',
      'browser',
      'clients',
      'faults',
      'package',
      'pictures',
      'pipelines',
      'support',
      'architecture.test.ts',
    ]
    const rooms = readdirSync(join(root, 'test')).filter((name) => !others.includes(name))
    expect(rooms.filter((room) => levelOf(room) < 0)).toEqual([])
  })

  test('no module that tests share has hooks or settings at its top: it is loaded once for many test files', () => {
    const shared = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.(test|soak)\.ts$/.test(file),
    )
    expect(shared.length).toBeGreaterThan(20)
    const hooks = /^(?:(?:before|after)(?:All|Each)|onTestFinished|vi\.setConfig)\(/m
    expect(shared.filter((file) => hooks.test(readFileSync(join(root, 'test', file), 'utf8')))).toEqual([])
  })

  test('imports do not form a circle', () => {
    const targets = new Map<string, string[]>()
    for (const { file, target } of imports) targets.set(file, [...(targets.get(file) ?? []), target])
    const done = new Set<string>()
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) throw new Error(`a circle: ${[...path, file].join(' → ')}`)
      if (done.has(file)) return
      for (const target of targets.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
    files.forEach((file) => visit(file, []))
  })

  test('each exported name is declared in one file, of src/ or of one pipeline', () => {
    const places = new Map<string, Set<string>>()
    for (const file of files) {
      const source = readFileSync(join(root, file), 'utf8')
      const pipeline = /^pipelines\/([^/]+)\//.exec(file)?.[1] ?? ''
      const declared = /^export (?:async )?(?:function\*?|const|let|class|abstract class|interface|type) (\w+)/gm
      for (const [, name] of source.matchAll(declared)) {
        const scoped = `${pipeline}/${name}`
        places.set(scoped, (places.get(scoped) ?? new Set()).add(file))
      }
    }
    expect(places.size).toBeGreaterThan(600)
    expect([...places].filter(([, where]) => where.size > 1).map(([name, where]) => [name, ...where])).toEqual([])
  })

  test('nothing under src/ knows an endpoint by name', () => {
    const names = /xiaohongshu|rednote|小红书|red_id|xsec|pgy|pugongying|蒲公英|weibo|微博|justoneapi\.com|CNY/i
    const offending = files.filter(
      (file) => file.startsWith('src/') && names.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(offending).toEqual([])
  })

  test('only the command line ends the process', () => {
    const ending = files.filter((file) => readFileSync(join(root, file), 'utf8').includes('process.exit('))
    expect(ending.filter((file) => file !== 'src/cli.ts')).toEqual([])
  })
})
