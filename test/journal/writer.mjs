// Writes a journal as fast as possible with 8 callers, and reports on stdout what became durable. Ends only when it is
// killed or fails, and reports the failure. Argument: the folder.
import { Buffer } from 'node:buffer'
import { writeSync } from 'node:fs'
import process from 'node:process'
import { openJournal } from '#src/journal/journal.js'

const header = { runId: 'run', startedAt: 0, pipeline: 'p', simulated: true, host: 'h' }
const body = Buffer.alloc(3000, 'b')
/** Retries while the pipe is full: a slow reader must not end the writing. */
function report(text) {
  for (let left = Buffer.from(`${text}\n`); left.length > 0;) {
    try {
      left = left.subarray(writeSync(1, left))
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

const journal = await openJournal(process.argv[2], header)
try {
  let seq = 0
  const caller = async () => {
    for (;;) {
      const intent = { seq: (seq += 1), id: `id${seq}`, attempt: 1, sentAt: 0 }
      await journal.intent(intent)
      report(`sent ${intent.seq}`)
      const answer = { receivedAt: 1, ms: 1, status: 200, contentType: null, retryAfter: null, body }
      await journal.end({ kind: 'answer', ...intent, ...answer })
      report(`safe ${intent.seq}`)
    }
  }
  await Promise.allSettled(Array.from({ length: 8 }, caller))
  await journal.close()
} catch (error) {
  report(`failed ${error.name}: ${error.message}`)
}
