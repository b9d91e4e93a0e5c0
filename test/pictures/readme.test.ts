import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const english = readFileSync(join(root, 'README.md'), 'utf8')
const chinese = readFileSync(join(root, 'README.zh-CN.md'), 'utf8')

test('README.zh-CN.md has the headings, commands and pictures of README.md', () => {
  for (const pattern of [/^```[^]*?^```/gm, /!\[[^\]]*\]\(([^)]*)\)/g]) {
    const [one, other] = [english, chinese].map((text) =>
      [...text.matchAll(pattern)].map((found) => found[1] ?? found[0]),
    )
    expect(other).toEqual(one)
    expect(one!.length).toBeGreaterThan(3)
  }
  const levels = (text: string) => [...text.matchAll(/^(#+) /gm)].map(([, level]) => level)
  expect(levels(chinese)).toEqual(levels(english))
})

test('README.md stays under 900 words, and the pages and pictures of both exist', () => {
  expect(english.split(/\s+/).length).toBeLessThan(900)
  for (const [, target] of `${english}${chinese}`.matchAll(/\]\((?!https?:)([^)#]+)/g))
    expect(existsSync(join(root, target!)), target).toBe(true)
})
