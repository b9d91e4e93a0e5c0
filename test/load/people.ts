import { justOneApi } from '../../pipelines/justOneApi.js'
import { createHash } from 'node:crypto'
import type { AnswerReader } from '../../src/flatten/compile.js'
import type { AnswerSource } from '../../src/load/stage.js'
import type { Answer, Call, NoAnswer, RunHeader, Unknown } from '../../src/model/call.js'
import { attribute, counter, derivedFrom, identity, volatile } from '../../src/model/column.js'
import type { Billed, Outcome, OutcomeKind } from '../../src/model/outcome.js'
import type { Anomaly, Drift, Flattened, Pipeline, Value } from '../../src/model/pipeline.js'

/** A small pipeline with one column of each kind, and simple answers. */
export interface Person {
  readonly name?: string
  readonly bio?: string
  readonly level?: number
  readonly tags?: readonly { readonly name: string; readonly icon: string }[]
  readonly fans?: number
  readonly liked?: number
  readonly url?: string
  readonly extra?: string
  readonly anomalies?: readonly Anomaly[]
  readonly drift?: readonly Drift[]
}

const derived = derivedFrom<{ fans: bigint | null; liked: bigint | null }>()

export const people: Pipeline = {
  name: 'people',
  version: 1,
  title: 'People',
  vendor: justOneApi,
  price: 0.15,
  timeZone: 'Asia/Shanghai',
  idColumns: ['user_id'],
  genericIdColumns: [],
  parseId: (cell) => (cell.startsWith('u') ? { id: cell } : { reason: 'no_id', remedy: 'give an id' }),
  request: (id) => ({ path: '/person', query: { id } }),
  profile: () => ({ kind: 'empty' }),
  columns: {
    user_id: identity.text('id', 'The id.', 'id'),
    name: attribute.text('name', "The person's name.", 'displayName'),
    bio: attribute.text('bio', 'What they say.'),
    level: attribute.count('level', 'Their level.'),
    verified: attribute.flag('verified', 'Whether verified.'),
    tags: attribute.list('tags', 'Their tags; rows in person_tags.'),
    fans: counter('fans', 'Fans.', 'followers'),
    liked: counter('liked', 'Likes.', 'engagement'),
    link: volatile.text('url', 'A signed link.'),
    likes_per_fan: derived.ratio(() => null, 'Likes by fans.'),
  },
  children: [
    {
      name: 'person_tags',
      path: 'tags',
      description: 'Tags of a person.',
      columns: {
        name: attribute.text('name', 'The tag.'),
        icon: volatile.text('icon', 'Its picture.'),
      },
    },
  ],
  check: () => [],
  simulatedAnswers: () => Promise.reject(new Error('this pipeline invents no answers')),
}

function flatten(value: unknown, id: string): Flattened {
  const person = value as Person
  const big = (number: number | undefined): bigint | null => (number === undefined ? null : BigInt(number))
  const { name = null, bio = null, tags = [], fans, liked, url = null } = person
  const level = big(person.level)
  const verified = level === null ? null : level > 5n
  const stable = tags.length === 0 ? null : JSON.stringify(tags.map((tag) => tag.name).sort())
  const attributes: Value[] = [name || null, bio || null, level, verified, stable]
  const ratio = fans && liked !== undefined ? liked / fans : null
  return {
    values: [id, name, bio, level, verified, JSON.stringify(tags), big(fans), big(liked), url, ratio],
    attributes,
    hash: createHash('md5').update(attributes.map(String).join('|')).digest('hex'),
    children: [tags.map((tag) => [tag.name, tag.icon])],
    extra: person.extra ?? null,
    anomalies: person.anomalies ?? [],
    drift: person.drift ?? [],
  }
}

const KINDS: Record<string, [OutcomeKind, Billed]> = {
  '0': ['profile', 'yes'],
  '201': ['empty', 'maybe'],
  '400': ['invalid', 'no'],
  '777': ['refused', 'maybe'],
  '301': ['retry', 'no'],
  '302': ['throttled', 'no'],
  '601': ['stop', 'no'],
  other: ['misdelivered', 'yes'],
}

function interpret(end: Answer | NoAnswer): Outcome {
  if (end.kind === 'no_answer') return { kind: 'ambiguous', code: end.fault, billed: 'maybe', message: end.detail }
  const { code, person } = JSON.parse(new TextDecoder().decode(end.body)) as { code: string; person?: Person }
  const [kind, billed] = KINDS[code]!
  const outcome = { kind, code: code === 'other' ? '0' : code, billed, message: `said ${code}` }
  return kind === 'profile' ? { ...outcome, value: person } : outcome
}

export const reader: AnswerReader = {
  pipeline: people,
  interpret,
  flatten,
}

/** 22 November 2026, midnight UTC. */
export const DAY0 = Date.UTC(2026, 10, 22)

export interface PersonAnswer {
  readonly id: string
  /** When the answer was received, milliseconds after `DAY0`. */
  readonly at: number
  /** A person, or a code of `KINDS`, or a fault, or `unknown`. */
  readonly answer: Person | string
  readonly attempt?: number
  readonly ms?: number
}

export function callOf(seq: number, { id, at, answer, attempt = 1, ms = 5 }: PersonAnswer): Call {
  const intent: Unknown = { kind: 'unknown', seq, id, attempt, sentAt: DAY0 + at - ms }
  if (answer === 'unknown') return intent
  const end = { ...intent, receivedAt: DAY0 + at, ms }
  if (answer === 'timeout' || answer === 'broken') return { ...end, kind: 'no_answer', fault: answer, detail: answer }
  const body = typeof answer === 'string' ? { code: answer } : { code: '0', person: answer }
  return {
    ...end,
    kind: 'answer',
    status: 200,
    contentType: null,
    retryAfter: null,
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
}

/** A run's calls in the given order, as a source of the journal gives them. */
export function source(runId: string, said: readonly PersonAnswer[], firstSeq = 1): AnswerSource {
  const header: RunHeader = { runId, startedAt: DAY0, pipeline: people.name, simulated: true, host: '127.0.0.1:1' }
  return {
    header,
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is async because a journal reads from disk
    async *calls() {
      for (let at = 0; at < said.length; at += 3) {
        yield said.slice(at, at + 3).map((each, index) => callOf(firstSeq + at + index, each))
      }
    },
  }
}
