import { openJournal } from '../../src/journal/journal.js'
import type { Segment } from '../../src/journal/segmentReader.js'
import type { Answer, Call, Intent, NoAnswer, RunHeader } from '../../src/model/call.js'

export const HEADER: RunHeader = {
  runId: '20261122T220537Z-1f3a',
  startedAt: 1795385137000,
  pipeline: 'some-pipeline',
  simulated: true,
  host: '127.0.0.1:8080',
}

export function intentOf(seq: number): Intent {
  return { seq, id: `5f${String(seq).padStart(22, '0')}`, attempt: 1, sentAt: 1795385137000 + seq }
}

/** An answer whose body has bytes of every kind, the journal's own magic among them. */
export function answerOf(seq: number, bytes = 300): Answer {
  const body = Buffer.alloc(bytes)
  for (let at = 0; at < bytes; at += 1) body[at] = (at * 7 + seq) & 255
  body.write('CEJ\u00a7', 10, 'latin1')
  return {
    kind: 'answer',
    ...intentOf(seq),
    receivedAt: 1795385138000 + seq,
    ms: 1000.5,
    status: 200,
    contentType: 'application/json',
    retryAfter: null,
    body,
  }
}

export function noAnswerOf(seq: number, part?: Buffer): NoAnswer {
  return {
    kind: 'no_answer',
    ...intentOf(seq),
    receivedAt: 1795385138000 + seq,
    ms: 1000,
    fault: 'broken',
    detail: '连接 broke',
    ...(part ? { part } : {}),
  }
}

/** Writes the segment of a run with these calls, each intent followed by its end; returns its path. */
export async function writeSegment(folder: string, ends: readonly Call[], header = HEADER): Promise<string> {
  const journal = await openJournal(folder, header)
  for (const end of ends) {
    const { seq, id, attempt, sentAt } = end
    void journal.intent({ seq, id, attempt, sentAt })
    if (end.kind !== 'unknown') void journal.end(end)
  }
  await journal.close()
  return journal.path
}

/** All calls of a segment, bodies as plain buffers. */
export async function callsOf(segment: Segment): Promise<Call[]> {
  const calls: Call[] = []
  for await (const batch of segment.calls()) calls.push(...batch)
  return calls
}
