// The lean client of the same API: keep-alive requests, the body read and parsed, nothing stored. A fourth argument names a
// file for the bodies, one a line: the input of readJson.mjs.
import { createWriteStream, readFileSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { Pool } from 'undici'

const [, , url, file, concurrency, bodies] = process.argv
const ids = readFileSync(file, 'utf8').trim().split('\n').slice(1)
const kept = bodies === undefined ? undefined : createWriteStream(bodies)
const pool = new Pool(url, { connections: Number(concurrency) })
let next = 0
async function worker() {
  while (next < ids.length) {
    const id = ids[next]
    next += 1
    const { body } = await pool.request({ method: 'GET', path: `/api/xiaohongshu/get-user/v3?userId=${id}&token=x` })
    const text = await body.text()
    if (JSON.parse(text).code !== 0) throw new Error(`${id}: ${text}`)
    kept?.write(`${text}\n`)
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, worker))
await pool.close()
kept?.end()
if (kept) await finished(kept)
