import { expect, test } from 'vitest'
import { formulasQuoted } from '../../src/read/formulas.js'

async function rewritten(text: string, size: number, delimiter: string): Promise<string> {
  const bytes = Buffer.from(text)
  const pieces = async function* () {
    for (let from = 0; from < bytes.length; from += size) yield await Promise.resolve(bytes.subarray(from, from + size))
  }
  const parts: Buffer[] = []
  for await (const part of formulasQuoted(pieces(), delimiter)) parts.push(part)
  return Buffer.concat(parts).toString()
}

test.each([
  [',', '="1",x\n="2","="\r="a""b",="名"', '"=""1""",x\n"=""2""","="\r"=""a""""b""","=""名"""'],
  [',', 'a,"x,""=""y",=,"="",=""z"\n,="",="1"', 'a,"x,""=""y",=,"="",=""z"\n,"=""""","=""1"""'],
  ['||', 'a||="1"||b="2"|="3"', 'a||"=""1"""||b="2"|="3"'],
  [',', 'a,="1', 'a,"=""1'],
])('cells ="…" separated by %j are quoted, whatever the size of the chunks', async (delimiter, text, expected) => {
  for (let size = 1; size <= Buffer.byteLength(text); size += 1) {
    expect(await rewritten(text, size, delimiter), `chunks of ${size}`).toBe(expected)
  }
})
