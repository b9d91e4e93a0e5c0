import { describe, expect, test } from 'vitest'
import { guardFormula } from '../../src/export/csvRecord.js'

const RUN = [
  '=1+1',
  '=cmd|"/c calc"!A0',
  '=',
  '+1+1',
  '+cmd',
  '+86 138 0000 0000',
  '-1+1',
  '-',
  '-5 yuan',
  '--5',
  '@SUM(A1)',
  '@示例好友',
  '\ttext',
  '\rtext',
  '\r\n=1+1',
  ' =1+1',
  '   -1+1',
  '\n=1+1',
  '\n\n @x',
  '\u00a0=1+1',
  '\u3000=1+1',
  '\ufeff=1+1',
  '\u0000=1+1',
  ' \t=1+1',
  '＝1+1',
  '＋1',
  '－1+1',
  '＠SUM(A1)',
  '\u3000＝1+1',
  '-1e',
  '-1,23',
  '+-5',
  '-0x10',
]

const SAFE = [
  '',
  ' ',
  'text',
  '示例简介\nhi看@示例好友',
  'a=b',
  "'=1+1",
  '-5',
  '+5',
  '+8613800000000',
  '-5.',
  '-.5',
  '-0.25',
  '+1e6',
  '-1.5E-7',
  '-12,345.60',
  '-5%',
  ' -5',
  '-5\n',
  '\t-5',
  '0',
  '65447',
  '10.5万',
  '5f0000000000000001000a01',
  'true',
  '2026-11-22T03:04:05.608Z',
  '["=1+1"]',
  '"=1+1"',
  '\n',
  ' \n text',
  '(1)',
  '—',
  '~',
]

describe('the formula guard', () => {
  test.each(RUN)('%j gets an apostrophe', (cell) => {
    expect(guardFormula(cell)).toBe(`'${cell}`)
  })

  test.each(SAFE)('%j stays unchanged', (cell) => {
    expect(guardFormula(cell)).toBe(cell)
  })

  test('a guarded cell is not guarded again', () => {
    for (const cell of [...RUN, ...SAFE]) expect(guardFormula(guardFormula(cell))).toBe(guardFormula(cell))
  })

  test('takes time in proportion to the length of the cell', () => {
    const started = performance.now()
    for (const part of [' ', '\t', '1', '-1,', '111,']) {
      guardFormula(part.repeat(200_000))
      guardFormula(`-${part.repeat(200_000)}x`)
    }
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
