import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const report = fileURLToPath(new URL('../../src/report', import.meta.url))

test('each text of the report is used by a file that imports its catalogue', async () => {
  const sources = readdirSync(report, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('text/'))
    .map((file) => readFileSync(join(report, file), 'utf8'))
  const unused: string[] = []
  let texts = 0
  for (const file of readdirSync(join(report, 'text'))) {
    const name = basename(file, '.ts')
    const catalogue = ((await import(join(report, 'text', file))) as Record<string, { en: object }>)[name]!
    const users = sources.filter((source) => source.includes(`/${name}.js'`)).join('\n')
    for (const key of Object.keys(catalogue.en)) {
      texts += 1
      if (!new RegExp(`\\.${key}\\b|'${key}'|\\{ ${key} \\} = ${name}`).test(users)) unused.push(`${name}.${key}`)
    }
  }
  expect(unused).toEqual([])
  expect(texts).toBeGreaterThan(200)
})
