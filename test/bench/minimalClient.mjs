// The minimal client of the same API: keep-alive requests, the body read and parsed, nothing stored.
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'

const [, , url, file, concurrency] = process.argv
const ids = readFileSync(file, 'utf8').trim().split('\n').slice(1)
const pool = new Pool(url, { connections: Number(concurrency) })
let next = 0
async function worker() {
  while (next < ids.length) {
    const id = ids[next]
    next += 1
    const { body } = await pool.request({ method: 'GET', path: `/api/xiaohongshu/get-user/v3?userId=${id}&token=x` })
    const answer = JSON.parse(await body.text())
    if (answer.code !== 0) throw new Error(`code ${answer.code}`)
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, worker))
await pool.close()
