import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const STAGES = ['read', 'plan', 'fetch', 'journal', 'flatten', 'load', 'export', 'reading', 'report', 'simulator']
/** The flow and what stands above it; everything else directly in src/ is a pure part. */
const FLOWS = ['run', 'planRun', 'replay', 'select', 'untrack', 'forget', 'doctor']
const TOP = ['cli', 'program', ...FLOWS]

type Room = 'cli' | 'program' | 'commands' | 'run' | 'pure' | 'pipelines' | 'outside' | (string & {})

function roomOf(file: string): Room {
  const [area, second] = file.split('/')
  if (area === 'pipelines') return 'pipelines'
  if (area !== 'src') return 'outside'
  if (second!.endsWith('.ts')) {
    const name = second!.replace(/\.ts$/, '')
    return TOP.includes(name) ? name : 'pure'
  }
  return second!
}

/** Which rooms a room may import from, itself apart. */
function allowed(room: Room): readonly Room[] {
  if (room === 'cli') return ['program']
  if (room === 'program') return ['commands', 'pure']
  if (room === 'commands') return [...FLOWS, 'reading', 'simulator', 'pure']
  if (FLOWS.includes(room)) return ['run', ...STAGES, 'pure']
  if (STAGES.includes(room) || room === 'pipelines') return ['pure']
  return []
}

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

describe('the house', () => {
  test('has sources to look at', () => {
    expect(files.length).toBeGreaterThan(30)
    expect(imports.length).toBeGreaterThan(60)
  })

  test('imports run one way, and stages do not import each other', () => {
    const wrong = imports.filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)]
      return from !== to && !allowed(from).includes(to)
    })
    expect(wrong).toEqual([])
  })

  test('no imports go round in a circle', () => {
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

  test('nothing under src/ knows an endpoint by name', () => {
    const names = /xiaohongshu|rednote|小红书|red_id|xsec/i
    const knowing = files.filter(
      (file) => file.startsWith('src/') && names.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(knowing).toEqual([])
  })

  test('only the command line ends the process', () => {
    const ending = files.filter((file) => readFileSync(join(root, file), 'utf8').includes('process.exit('))
    expect(ending.filter((file) => file !== 'src/cli.ts')).toEqual([])
  })
})
