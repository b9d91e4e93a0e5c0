import { relative, sep } from 'node:path'
import type { Layout } from '../../dataFolder/layout.js'
import type { AnswerReader } from '../../flatten/compile.js'
import type { Call, CallEnd } from '../../model/call.js'
import { decodeUtf8, isObject, readJson } from '../../model/json.js'
import { resolvedId } from '../../model/resolution.js'
import { bodyNames } from '../../privacy/eraseCall.js'
import { IdFinder } from '../../privacy/idFinder.js'
import { mentionsIn } from '../../privacy/mentionsIn.js'
import type { CsvRow, ExportFolder } from './exportFolder.js'
import { mentionRow, namedKeys } from './mentions.js'
import { storedCalls } from './receivedCalls.js'

/** What the stored calls say of a person. */
export interface PersonCalls {
  readonly answers: number
  readonly calls: number
  /** Answers that were left out because they may be about another person. */
  readonly withheld: number
  readonly runs: ReadonlySet<string>
  readonly mentions: readonly CsvRow[]
  /** Finds the ids of people whose profile came in place of this one. */
  readonly others: IdFinder
  /** Files that name the person, absolute. */
  readonly named: ReadonlySet<string>
  /** Files that were searched, absolute. */
  readonly searched: ReadonlySet<string>
}

const HEADER = [
  'run_id',
  'seq',
  'fetched_for',
  'attempt',
  'sent_at',
  'received_at',
  'http_status',
  'content_type',
  'outcome',
  'code',
  'billed',
  'message',
  'stored_in',
  'file',
  'sha256',
  'withheld',
] as const

export const ANOTHER = '[another person]'

/** Whom an answer is about: the person, nobody, or perhaps somebody else. */
type Subject = 'person' | 'another' | 'mention'

/**
 * Writes each answer about the person as received, and a list of all calls for the person. An answer that holds another
 * person's profile is left out; the person's own profile that came for another id is in.
 */
export async function writeAnswers(
  id: string,
  layout: Layout,
  reader: AnswerReader,
  folder: ExportFolder,
): Promise<PersonCalls> {
  const collected = new Collected(IdFinder.of([id]), reader, layout, folder)
  for await (const { runId, call, file } of storedCalls(layout)) await collected.take(runId, call, file)
  return collected.finish()
}

class Collected {
  private readonly rows = new Map<string, CsvRow>()
  /** Calls without an end so far: a later place may have it. */
  private readonly open = new Map<string, CsvRow>()
  private readonly mentioned = new Map<string, readonly CsvRow[]>()
  private readonly others = new Set<string>()
  private readonly runs = new Set<string>()
  private readonly named = new Set<string>()
  private readonly searched = new Set<string>()
  private answers = 0
  private withheld = 0

  constructor(
    private readonly finder: IdFinder,
    private readonly reader: AnswerReader,
    private readonly layout: Layout,
    private readonly folder: ExportFolder,
  ) {}

  async take(runId: string | undefined, call: Call, file: string): Promise<void> {
    this.searched.add(file)
    const isOwn = this.isFor(call)
    const body = bodyOf(call)
    const names = body !== undefined && bodyNames(body, this.finder)
    if (!isOwn && !names) return
    this.named.add(file)
    const key = `${runId ?? 'unknown-run'}-${call.seq}`
    if (this.rows.has(key) || this.mentioned.has(key)) return
    if (call.kind === 'unknown') {
      this.open.set(key, [...this.head(runId, call), null, null, null, 'unknown', null, 'maybe', null, this.at(file)])
      return
    }
    const subject = this.subjectOf(call, isOwn, names)
    if (subject === 'mention') this.mentioned.set(key, this.mentionsOf(runId, call, body!, file))
    else await this.takeEnd(key, runId, call, file, subject)
  }

  private async takeEnd(
    key: string,
    runId: string | undefined,
    call: CallEnd,
    file: string,
    subject: Subject,
  ): Promise<void> {
    if (runId !== undefined) this.runs.add(runId)
    this.open.delete(key)
    const { kind, code, billed, message } = this.reader.interpret(call)
    const body = bodyOf(call)
    const isWithheld = subject === 'another'
    const kept = body && (this.isFor(call) ? body : withoutOther(body, call.id))
    const written = kept === undefined || isWithheld ? undefined : await this.writeBody(key, kept, kept === body)
    if (call.kind === 'answer' && written) this.answers += 1
    if (isWithheld) this.withheld += 1
    this.rows.set(key, [
      ...this.head(runId, call),
      iso(call.receivedAt),
      call.kind === 'answer' ? String(call.status) : null,
      call.kind === 'answer' ? call.contentType : null,
      kind,
      code,
      billed,
      kind === 'misdelivered' || isWithheld ? null : message,
      this.at(file),
      written?.path ?? null,
      written?.sha256 ?? null,
      isWithheld
        ? 'it holds the profile of another person, or may hold it'
        : subject === 'person' && !this.isFor(call)
          ? `the id for which it was fetched, replaced by ${ANOTHER}`
          : null,
    ])
  }

  private writeBody(key: string, body: Uint8Array, isAsReceived: boolean) {
    const ending = readJson(body).ok ? 'json' : 'bin'
    const change = isAsReceived ? 'as received' : 'without the id of another person'
    return this.folder.bytes(`answers/${key}.${ending}`, `the body of an answer, ${change}`, body)
  }

  private subjectOf(call: CallEnd, isOwn: boolean, names: boolean): Subject {
    const delivered = this.deliveredId(call)
    if (delivered !== undefined) {
      if (this.finder.has(delivered)) return 'person'
      if (!isOwn) return 'mention'
      this.others.add(delivered)
      return 'another'
    }
    if (!isOwn) return 'mention'
    return call.kind === 'answer' && this.reader.interpret(call).kind === 'unreadable' && !names ? 'another' : 'person'
  }

  /** The id in an answer for another id. */
  private deliveredId(call: CallEnd): string | undefined {
    if (call.kind !== 'answer' || this.reader.interpret(call).kind !== 'misdelivered') return undefined
    const read = readJson(call.body)
    const profile =
      read.ok && isObject(read.value) ? this.reader.pipeline.profile(read.value['data'], call.id) : undefined
    return profile?.kind === 'misdelivered' ? profile.id : undefined
  }

  private mentionsOf(runId: string | undefined, call: CallEnd, body: Uint8Array, file: string): CsvRow[] {
    const text = decodeUtf8(body) ?? Buffer.from(body).toString('latin1')
    const found = mentionsIn(text, this.finder, namedKeys(this.reader.pipeline))
    const at = iso(call.receivedAt)
    return found.map(({ path, value }) =>
      mentionRow({ source: this.at(file), place: path, run_id: runId ?? null, at, value }),
    )
  }

  /** Whether the call was sent for the person: with the id, or with a link or name that leads to it. */
  private isFor(call: Call): boolean {
    if (call.endpoint === undefined || call.kind === 'unknown') return this.finder.has(call.id)
    const found = resolvedId(this.reader.interpret(call))
    return found !== undefined && this.finder.has(found)
  }

  private head(runId: string | undefined, call: Call): (string | null)[] {
    const { seq, id, attempt, sentAt } = call
    const fetchedFor = this.isFor(call) ? id : ANOTHER
    return [runId ?? null, String(seq), fetchedFor, String(attempt), iso(sentAt)]
  }

  private at(file: string): string {
    return relative(this.layout.data, file).split(sep).join('/')
  }

  async finish(): Promise<PersonCalls> {
    const rows = [...this.rows, ...this.open].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
    const padded = rows.map((row) => HEADER.map((_, at) => row[at] ?? null))
    await this.folder.csv('calls.csv', 'every call for this person, and the file with its answer', HEADER, padded)
    return {
      answers: this.answers,
      calls: rows.length,
      withheld: this.withheld,
      runs: this.runs,
      mentions: [...this.mentioned.values()].flat(),
      others: IdFinder.of(this.others),
      named: this.named,
      searched: this.searched,
    }
  }
}

/** An answer that came for another id may repeat that id. */
function withoutOther(body: Uint8Array, fetched: string): Uint8Array {
  const other = IdFinder.of([fetched])
  if (!bodyNames(body, other)) return body
  const text = Buffer.from(body).toString('latin1')
  return Buffer.from(
    other.takeOut(text, () => ANOTHER),
    'latin1',
  )
}

function bodyOf(call: Call): Uint8Array | undefined {
  if (call.kind === 'answer') return call.body
  return call.kind === 'no_answer' ? call.part : undefined
}

function iso(time: number): string {
  return new Date(time).toISOString()
}
