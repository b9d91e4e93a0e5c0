import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryName } from '../../src/core/temporaryFile.js'
import { fileNames } from '../../src/export/exportedFile.js'

const nameOf = (list: string): string => fileNames([list]).get(list)!

describe('file names of lists', () => {
  test.each(['creators', 'Spring 2026', '美妆达人', 'a.b', 'a-b_c', '100% (new)', 'console', "l'été"])(
    '%j stays',
    (list) => {
      expect(nameOf(list)).toBe(list)
    },
  )

  test.each([
    ['../../etc/passwd', /^__.._etc_passwd-[0-9a-f]{8}$/],
    ['a/b', /^a_b-[0-9a-f]{8}$/],
    ['a\\b:c*d?e"f<g>h|i', /^a_b_c_d_e_f_g_h_i-[0-9a-f]{8}$/],
    ['a\nb\u0000c\u202ed', /^a_b_c_d-[0-9a-f]{8}$/],
    ['.hidden', /^_hidden-[0-9a-f]{8}$/],
    ['..', /^_-[0-9a-f]{8}$/],
    ['end. ', /^end_-[0-9a-f]{8}$/],
    ['CON', /^_CON-[0-9a-f]{8}$/],
    ['nul.2026', /^_nul.2026-[0-9a-f]{8}$/],
    ['', /^_-[0-9a-f]{8}$/],
    ['x'.repeat(300), /^x{180}-[0-9a-f]{8}$/],
    ['创'.repeat(100), /^创{60}-[0-9a-f]{8}$/],
  ])('%j is made safe and marked', (list, expected) => {
    expect(nameOf(list)).toMatch(expected)
  })

  test('names that differ only in case or composition get their own files; the first keeps its name', () => {
    const names = fileNames(['Lists', 'lists', 'caf\u00e9', 'cafe\u0301'])
    expect(names.get('Lists')).toBe('Lists')
    expect(names.get('lists')).toMatch(/^lists-[0-9a-f]{8}$/)
    expect(names.get('caf\u00e9')).toBe('caf\u00e9')
    expect(names.get('cafe\u0301')).toMatch(/^caf\u00e9-[0-9a-f]{8}$/)
  })

  test('a list with the same name as another one with its hash', () => {
    const name = nameOf('a/b')
    const names = fileNames([name, 'a/b'])
    expect(names.get(name)).toBe(name)
    expect(names.get('a/b')).not.toBe(name)
  })

  test('any lists: all different, one path segment, short enough', () => {
    const lists = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(lists, (given) => {
        const names = [...fileNames(given).values()]
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(given.length)
        for (const name of names) {
          expect(name).not.toMatch(/[/\\\p{Cc}]|^\.|^$/u)
          expect(Buffer.byteLength(basename(temporaryName(`${name}.enriched.csv`)))).toBeLessThanOrEqual(255)
        }
      }),
      { numRuns: 300, seed: 20261122 },
    )
  })
})
